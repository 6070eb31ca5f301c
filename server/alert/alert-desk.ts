import type { Alert, OutcomeKind } from "../../promote/records/records.ts";
import { type AlertTexts, alertDetail, alertSummary } from "../../promote/respond/alert-detail.ts";
import { DecisionError, pressOption } from "../../promote/respond/decide.ts";
import { rulesThatWait } from "../../promote/respond/hold-back.ts";
import {
  alertForecastId,
  type RespondRequest,
  type RuleWithPlan,
  respondToDetections,
  resumePersonActions,
} from "../../promote/respond/respond.ts";
import { betaPosterior, tallyOutcomes } from "../../promote/risk/precision.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { AlertDetail, AlertSummary } from "../api/api.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { LoadedRule } from "../rule/loaded-rule.ts";
import { precisionPrior } from "../rule/rule-views.ts";
import type { Spoor } from "../spoor.ts";

export interface Press {
  readonly name: string;
  readonly reason: string;
  readonly minutes: number;
  readonly outcome?: OutcomeKind | undefined;
}

/** A rule with its plan and the sources that it reads. */
interface RuleInUse extends RuleWithPlan {
  readonly sources: readonly string[];
}

/** Alerts: automation first, then the owner; what the owner decides moves precision and forecasts. */
export class AlertDesk {
  readonly #spoor: Spoor;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** Opens alerts for the detections of paging rules that have none yet. Calls queue behind each other. */
  respond(): Promise<readonly Alert[]> {
    const turn = this.#turn.then(async () => {
      const paging = await this.#pagingRules();
      // No await between the last answer of the gate and the transaction that opens alerts.
      return respondToDetections({
        ...this.#request(paging),
        mayPage: (rule) => (paging.get(rule) ?? null) !== null,
      });
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Takes up what a crash broke off. */
  async resume(): Promise<void> {
    const { store } = this.#spoor;
    const names = store
      .unfinishedActions()
      .filter(({ trigger }) => trigger === "person")
      .flatMap(({ alertId }) => store.alert(alertId)?.rule ?? []);
    const found = new Map<string, RuleInUse | null>();
    for (const [name, { rule, plan }] of await this.#loadedRules(names)) {
      if (rule !== null && plan !== null)
        found.set(name, { rule, plan, sources: await this.#spoor.rules.sourcesOf(name) });
    }
    await resumePersonActions(this.#request(found));
  }

  async list(state: "open" | "decided" | "all", rule?: string): Promise<AlertSummary[]> {
    const alerts = this.#spoor.store
      .alerts(rule === undefined ? {} : { rule })
      .filter((alert) => state === "all" || (state === "decided") === (alert.state === "decided"))
      .slice(0, 1000);
    const rules = await this.#loadedRules(alerts.map((alert) => alert.rule));
    return alerts.map((alert) => {
      const value = this.#spoor.store.case(alert.caseId)!;
      return alertSummary(
        { alert, case: value, outcome: this.#spoor.store.outcome(alert.id) },
        rules.get(alert.rule)?.rule ?? undefined,
      );
    });
  }

  async detail(id: string): Promise<AlertDetail> {
    const { store } = this.#spoor;
    const alert = store.alert(id);
    if (!alert) throw notFound(`Alert ${id}`);
    const value = store.case(alert.caseId)!;
    const loaded = await this.#spoor.rules.loaded(alert.rule);
    const forecastId = alertForecastId(id);
    return alertDetail(
      {
        alert,
        case: value,
        detections: value.detectionIds.slice(0, 200).flatMap((detection) => store.detection(detection) ?? []),
        actions: store.actions(id),
        outcome: store.outcome(id),
        forecast: store.forecasts({ subject: `alert:${id}` }).find((forecast) => forecast.id === forecastId),
        resolution: store.resolutions().find((resolution) => resolution.forecastId === forecastId),
      },
      loaded?.rule ?? undefined,
      loaded?.plan ?? undefined,
      this.#texts(loaded, alert),
    );
  }

  async press(id: string, press: Press, actor: string): Promise<AlertDetail> {
    const alert = this.#spoor.store.alert(id);
    if (!alert) throw notFound(`Alert ${id}`);
    const loaded = await this.#spoor.rules.loaded(alert.rule);
    if (!loaded?.rule || !loaded.plan) {
      throw new RefusedError(
        409,
        `Rule ${alert.rule} or its response plan cannot be read, so its buttons have no meaning.`,
        loaded?.issues ?? [],
      );
    }
    try {
      await pressOption({
        alertId: id,
        name: press.name,
        actor,
        reason: press.reason,
        minutes: press.minutes,
        ...(press.outcome === undefined ? {} : { outcome: press.outcome }),
        nowMs: this.#spoor.clock(),
        store: this.#spoor.store,
        engine: this.#spoor.engine,
        plan: loaded.plan,
        rule: loaded.rule,
      });
    } catch (error) {
      if (!(error instanceof DecisionError)) throw error;
      throw new RefusedError(
        error.code === "alert.decided" || error.code === "alert.automating" ? 409 : 400,
        error.message,
      );
    }
    return this.detail(id);
  }

  /** The precision that the next alert of this rule is expected to have. */
  precisionOf(rule: Rule): number {
    return betaPosterior({
      ...tallyOutcomes(this.#spoor.store.outcomes({ rule: rule.name })),
      prior: precisionPrior(rule),
    }).mean;
  }

  /** Every rule that has something to open: with its plan when the gate lets it page now, null when it does not. */
  async #pagingRules(): Promise<ReadonlyMap<string, RuleInUse | null>> {
    const { rules, store } = this.#spoor;
    const found = new Map<string, RuleInUse | null>();
    for (;;) {
      const unasked = rulesThatWait(store).filter((name) => !found.has(name));
      if (unasked.length === 0) return found;
      for (const name of unasked) {
        const sources = rules.has(name) ? await rules.sourcesOf(name) : [];
        const now = rules.has(name) ? await rules.effective(name) : null;
        const { rule = null, plan = null } = now?.loaded ?? {};
        const pages = now?.stage === "paging" && rule !== null && plan !== null;
        found.set(name, pages ? { rule, plan, sources } : null);
      }
    }
  }

  #request(rules: ReadonlyMap<string, RuleInUse | null>): RespondRequest {
    return {
      store: this.#spoor.store,
      engine: this.#spoor.engine,
      clock: this.#spoor.clock,
      ruleOf: (name) => rules.get(name) ?? undefined,
      precisionOf: (rule) => this.precisionOf(rule),
      throttleOf: (rule) => this.#spoor.controls.stateOf(rule).throttle?.maximumPerHour ?? null,
      sourcesOf: (rule) => rules.get(rule.name)?.sources ?? [],
    };
  }

  /** These rules as they are now: nobody waits for those that have no part in it. */
  async #loadedRules(names: readonly string[]): Promise<ReadonlyMap<string, LoadedRule>> {
    const entries = await Promise.all(
      [...new Set(names)].map(async (name) => [name, await this.#spoor.rules.loaded(name)] as const),
    );
    return new Map(entries.flatMap(([name, loaded]) => (loaded ? [[name, loaded] as const] : [])));
  }

  #texts(loaded: LoadedRule | null, alert: Alert): AlertTexts {
    const sections = loaded?.ads?.sections;
    return {
      meaning: sections?.technicalContext ?? "",
      normal: this.#history(alert),
      falsePositives: sections?.falsePositives ?? "",
    };
  }

  /** How often this rule spoke before, and what it was: the nearest there is to what is normal. */
  #history(alert: Alert): string {
    const { store } = this.#spoor;
    const before = store
      .alerts({ rule: alert.rule })
      .filter(({ openedMs, id }) => openedMs <= alert.openedMs && id !== alert.id);
    if (before.length === 0) return "This rule has never asked anybody before.";
    const kinds = new Map<string, number>();
    for (const { id } of before) {
      const kind = store.outcome(id)?.kind.replace("-", " ") ?? "not decided";
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const entities = Object.values(store.case(alert.caseId)?.entities ?? {}).join();
    const same = before.filter(
      ({ caseId }) => Object.values(store.case(caseId)?.entities ?? {}).join() === entities,
    ).length;
    const told = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
    return `This rule asked ${before.length} ${before.length === 1 ? "time" : "times"} before: ${told}. About the same ones: ${same === 0 ? "never" : same}.`;
  }
}

import { setImmediate } from "node:timers/promises";
import { formatInstant } from "../../connectors/time/instant.ts";
import { detectionRow } from "../../promote/records/detection-row.ts";
import { betaPosterior, tallyOutcomes } from "../../promote/risk/precision.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { RuleDetail, RuleSummary } from "../api/api.ts";
import type { Spoor } from "../spoor.ts";
import type { RuleDesk } from "./rule-desk.ts";
import { proofReport } from "./rule-proofs.ts";
import type { RuleWeigher } from "./rule-weigher.ts";

const SUMMARIES_AT_ONCE = 25;

/** Rules as lists and pages show them. */
export class RuleViews {
  readonly #spoor: Spoor;
  readonly #rules: RuleDesk;
  readonly #weigher: RuleWeigher;

  constructor(spoor: Spoor, rules: RuleDesk, weigher: RuleWeigher) {
    this.#spoor = spoor;
    this.#rules = rules;
    this.#weigher = weigher;
  }

  async summaries(): Promise<RuleSummary[]> {
    const names = this.#rules.names();
    const summaries: RuleSummary[] = [];
    // Whatever else waits has its turn between two parts of a long list.
    for (let at = 0; at < names.length; at += SUMMARIES_AT_ONCE) {
      const part = names.slice(at, at + SUMMARIES_AT_ONCE).map((name) => this.summary(name));
      summaries.push(...(await Promise.all(part)));
      await setImmediate();
    }
    const worth = (rule: RuleSummary) =>
      rule.issues.length > 0 ? 0 : rule.stage === "paging" ? 1 : rule.stage === "staged" ? 2 : 3;
    return summaries.sort((left, right) => worth(left) - worth(right) || (left.name < right.name ? -1 : 1));
  }

  async summary(name: string): Promise<RuleSummary> {
    const { stage, issues, told, loaded } = await this.#rules.effective(name);
    const { rule } = loaded;
    const tally = tallyOutcomes(this.#spoor.store.outcomes({ rule: name }));
    const precision = betaPosterior({ ...tally, prior: precisionPrior(rule) });
    const alerts = this.#spoor.store.alerts({ rule: name });
    const oldestMs = alerts.at(-1)?.openedMs;
    const weeks =
      oldestMs === undefined ? 0 : Math.max(1, (this.#spoor.clock() - oldestMs) / (7 * 86_400_000));
    const proof = rule ? this.#rules.proofs.newest(name, rule.version) : undefined;
    const standing = this.#rules.proofs.state(await this.#weigher.weigh(name));
    return {
      name,
      title: rule?.title ?? name,
      stage,
      mode: rule?.run.mode ?? "batch",
      severity: rule?.severity ?? "medium",
      owner: rule?.owner ?? "",
      techniques: rule?.techniques ?? [],
      detections: this.#spoor.store.detectionCount(name),
      alerts: alerts.length,
      alertsPerWeek: weeks === 0 ? 0 : alerts.length / weeks,
      expectedAlertsPerWeek: rule?.expectedAlertsPerWeek ?? null,
      precision: {
        mean: precision.mean,
        q05: precision.q05,
        q95: precision.q95,
        evidence: precision.evidence,
      },
      proof: proof
        ? {
            ...standing,
            holds: standing.state === "proved",
            proved: new Date(proof.provedMs).toISOString(),
            reason: proof.reason,
          }
        : null,
      issues: [...issues, ...told],
      lastChange: this.#rules.promotion.lastChange(name),
      watch: await this.#watch(name),
    };
  }

  /** How the rule's runner does; null while it neither watches nor rests. */
  async #watch(name: string): Promise<NonNullable<RuleSummary["watch"]> | null> {
    const { store, controls, streams, sources } = this.#spoor;
    const paused = controls.stateOf(name).paused !== null;
    if (!paused && !streams.runners.isHeld(name)) return null;
    const read = await this.#rules.sourcesOf(name);
    return {
      trouble: store
        .troubles({ rule: name, open: true })
        .map(({ message }) => message)
        .join(" "),
      blind: read.filter((source) => sources.health(source).some(({ severity }) => severity === "error")),
      paused,
      missedRuns: store.missedRuns({ rule: name, open: true }).reduce((sum, { turns }) => sum + turns, 0),
    };
  }

  async detail(name: string): Promise<RuleDetail> {
    const weighed = await this.#weigher.weigh(this.#rules.known(name));
    const { loaded } = weighed;
    const { rule } = loaded;
    const proof = rule ? this.#spoor.store.proof(name, rule.version) : undefined;
    return {
      ...(await this.summary(name)),
      files: loaded.files,
      gate: await this.#rules.report(weighed, "paging", true),
      version: rule?.version ?? "",
      tests: weighed.tests,
      backtest: rule ? this.#rules.backtestOf(name) : null,
      proofReport: proof ? proofReport(proof, this.#rules.proofs.state(weighed)) : null,
      detectionsRecent: this.#spoor.store.detections({ rule: name, limit: 200 }).map(detectionRow),
      runs: this.#spoor.store.runs({ rule: name, limit: 50 }).map((run) => ({
        mode: run.mode,
        after: formatInstant(run.sliceAfterUs),
        until: formatInstant(run.sliceUntilUs),
        started: new Date(run.startedMs).toISOString(),
        elapsedMs: run.finishedMs - run.startedMs,
        detections: run.detectionCount,
        state: run.state,
        error: run.error,
        rowsRead: run.rowsRead ?? null,
        costUsd: run.costUsd ?? null,
        watermark: run.watermarkUs == null ? null : formatInstant(run.watermarkUs),
        late: run.lateCount ?? 0,
        withdrawn: run.withdrawnCount ?? 0,
        health: run.health ?? [],
        refill: run.refill ?? false,
      })),
      alertsRecent: await this.#spoor.alerts.list("all", name),
      evidence: await this.#rules.evidence.evidence(weighed),
      proofValidity: this.#rules.proofs.validity(weighed),
      streamability: weighed.streamability,
      versions: this.#rules.versions.list(name, loaded.files),
      controls: await this.#spoor.controls.report(name),
    };
  }
}

/** Before any outcome the author's word counts as much as ten alerts; without one, one alert in ten is expected to be true. */
export function precisionPrior(rule: Pick<Rule, "expectedPrecision"> | null): {
  readonly a: number;
  readonly b: number;
} {
  const expected = rule?.expectedPrecision ?? 0.1;
  const mean = Math.min(0.98, Math.max(0.02, expected));
  return { a: 10 * mean, b: 10 * (1 - mean) };
}

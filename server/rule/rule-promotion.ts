import { parseDocument } from "yaml";
import type { Issue } from "../../connectors/issue/issue.ts";
import { gateIssues } from "../../promote/gate/gate.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { GateReport } from "../api/api.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { RuleFolders } from "./rule-files.ts";
import type { StageChange } from "./rule-types.ts";
import type { RuleVersions } from "./rule-versions.ts";

const WEEK_MS = 7 * 86_400_000;
const LONGEST_REASON = 2_000;
const ORDER: readonly Stage[] = ["draft", "staged", "paging"];

export interface PromotionParts {
  readonly spoor: Spoor;
  readonly folders: RuleFolders;
  readonly versions: RuleVersions;
  readonly gate: (name: string, target: "staged" | "paging") => Promise<GateReport>;
  readonly effective: (name: string) => Promise<{ readonly stage: Stage; readonly rule: Rule | null }>;
}

/** Moves rules between stages, through the gate, and remembers why. */
export class RulePromotion {
  readonly #parts: PromotionParts;

  constructor(parts: PromotionParts) {
    this.#parts = parts;
  }

  /**
   * Moves a rule to another stage. Throws RefusedError(409) with every reason when the gate refuses or when a step down
   * says no reason, and writes nothing then.
   */
  async move(name: string, stage: Stage, reason: string, actor: string): Promise<void> {
    const { spoor, effective } = this.#parts;
    const before = await effective(name);
    const isDown = isStepDown(before.stage, stage);
    if (isDown && reason.trim() === "") throw reasonMissing(name, "Give the reason in a sentence.");
    if (stage === "staged" || stage === "paging") await this.#mustPass(name, stage);
    if (stage === "paging" && before.rule !== null) await spoor.streams.takeHistory(before.rule);
    this.writeStage(name, stage, actor);
    if (stage === "paging" && before.rule !== null) this.grant(before.rule);
    const verb = stage === "retired" ? "retired" : isDown ? "demoted" : "promoted";
    this.#remember(name, verb, before.stage, stage, reason, actor);
    if ((stage === "staged" || stage === "paging") && before.rule) this.#forecastAlerts(before.rule, actor);
    await spoor.streams.rulesChanged();
  }

  /** Spoor itself takes a rule back to staged, and says why. */
  async demoteItself(name: string, reason: string): Promise<void> {
    this.writeStage(name, "staged", "spoor");
    this.#remember(name, "demoted", "paging", "staged", reason, "spoor");
    this.#parts.spoor.note(`Rule ${name} no longer pages: ${reason}`);
    await this.#parts.spoor.streams.rulesChanged();
  }

  /** Files were saved that the gate refuses: the rule gets the stage they reach, and says why when that is less. */
  fallBack(name: string, before: Stage, reached: Stage, issues: readonly Issue[], actor: string): void {
    this.writeStage(name, reached, actor);
    if (ORDER.indexOf(reached) >= ORDER.indexOf(before)) return;
    const why = issues.filter(({ code }) => code !== "gate.refused").map(({ message }) => message);
    const more = why.length > 3 ? ` And ${why.length - 3} more.` : "";
    this.#remember(
      name,
      "demoted",
      before,
      reached,
      `Files were saved that the gate refuses. ${why.slice(0, 3).join(" ")}${more}`,
      actor,
    );
  }

  /** The last move between stages; null when there was none. */
  lastChange(name: string): StageChange | null {
    const found = this.#parts.spoor.store.report<Omit<StageChange, "at">>(`stage-change:${name}`);
    return found === undefined ? null : { at: new Date(found.atMs).toISOString(), ...found.report };
  }

  /** The version that last passed the gate for paging; null while none has. */
  granted(name: string): string | null {
    return (
      this.#parts.spoor.store.report<{ readonly version: string | null }>(`paging-granted:${name}`)?.report
        .version ?? null
    );
  }

  /** Puts on record that this version passed the gate for paging. */
  grant({ name, version }: Pick<Rule, "name" | "version">): void {
    if (this.granted(name) === version) return;
    this.#parts.spoor.store.putReport(`paging-granted:${name}`, this.#parts.spoor.clock(), { version });
  }

  /** A rule that has left paging comes back only through the whole gate. */
  revoke(name: string): void {
    if (this.granted(name) === null) return;
    this.#parts.spoor.store.putReport(`paging-granted:${name}`, this.#parts.spoor.clock(), { version: null });
  }

  async #mustPass(name: string, stage: "staged" | "paging"): Promise<void> {
    const report = await this.#parts.gate(name, stage);
    if (report.passed) return;
    const issues = gateIssues(report);
    throw new RefusedError(
      409,
      `The gate refuses ${name} for ${stage}: ${issues.length} ${issues.length === 1 ? "check does" : "checks do"} not pass.`,
      issues,
    );
  }

  /** Sets `stage` in rule.yaml and leaves every other line as it is. */
  writeStage(name: string, stage: Stage, actor: string): void {
    const { folders, versions } = this.#parts;
    folders.writeRuleYaml(name, withStage(folders.read(name).ruleYaml, stage));
    if (stage !== "paging") this.revoke(name);
    versions.keep(name, folders.read(name), actor);
  }

  /** Puts a change of stage on record: in the activity, and as the rule's last. */
  #remember(name: string, verb: string, from: Stage, to: Stage, said: string, actor: string): void {
    const { spoor } = this.#parts;
    const reason = said.trim().slice(0, LONGEST_REASON);
    const change: Omit<StageChange, "at"> = { by: actor, verb, from, to, reason };
    spoor.store.transaction(() => {
      spoor.record(actor, verb, `rule:${name}`, `${from} to ${to}${reason ? `: ${reason}` : ""}`);
      spoor.store.putReport(`stage-change:${name}`, spoor.clock(), change);
    });
  }

  /** Puts the author's forecasts on record before there is anything to score them by. */
  #forecastAlerts(rule: Rule, actor: string): void {
    if (rule.expectedAlertsPerWeek === null) return;
    const { store, clock } = this.#parts.spoor;
    const nowMs = clock();
    store.putForecast({
      id: `alerts:${rule.name}:${rule.version}:${new Date(nowMs).toISOString().slice(0, 10)}`,
      statement: `${rule.title}: alerts in the coming week`,
      kind: "count",
      subject: `rule:${rule.name}`,
      value: rule.expectedAlertsPerWeek,
      author: actor,
      createdMs: nowMs,
      resolveByMs: nowMs + WEEK_MS,
    });
  }
}

/** The text of a rule.yaml with another stage; every other line stays as it is. */
export function withStage(ruleYaml: string, stage: Stage): string {
  const document = parseDocument(ruleYaml);
  document.set("stage", stage);
  return document.toString({ lineWidth: 0 });
}

export function isStepDown(from: Stage, to: Stage): boolean {
  return to === "retired" || ORDER.indexOf(to) < ORDER.indexOf(from);
}

/** The refusal of a step down that says no reason; `remedy` is how to give it. */
export function reasonMissing(name: string, remedy: string): RefusedError {
  return new RefusedError(409, "A rule that is demoted or retired says why.", [
    {
      severity: "error",
      code: "promote.reason",
      place: `rules/${name}`,
      message: "No reason was given.",
      remedy,
    },
  ]);
}

/** What people (and Spoor itself) did to a rule's runner, and how the rule stands for it. Browser-safe. */

export type RuleControlKind = "paused" | "resumed" | "throttled" | "unthrottled" | "run" | "backfilled";

/** One act on a rule's runner: appended, never changed. */
export interface RuleControl {
  readonly id: string;
  readonly rule: string;
  readonly kind: RuleControlKind;
  readonly atMs: number;
  /** Who: a person, or `spoor` where a pause ended by itself. */
  readonly actor: string;
  readonly reason: string;
  /** When a pause ends by itself; null when somebody must end it. */
  readonly untilMs: number | null;
  /** Alerts that a throttled rule may raise in any hour. */
  readonly maximumPerHour: number | null;
}

export interface RulePause {
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
  readonly untilMs: number | null;
}

export interface RuleThrottle {
  readonly maximumPerHour: number;
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
}

/** How a rule stands for the acts on it. */
export interface RuleControlState {
  readonly paused: RulePause | null;
  readonly throttle: RuleThrottle | null;
}

/** The state that the acts (newest first) give a rule at `nowMs`. A pause whose end has passed is none. */
export function controlState(controls: readonly RuleControl[], nowMs: number): RuleControlState {
  const pause = controls.find(({ kind }) => kind === "paused" || kind === "resumed");
  const throttle = controls.find(({ kind }) => kind === "throttled" || kind === "unthrottled");
  const holds = pause?.kind === "paused" && (pause.untilMs === null || pause.untilMs > nowMs);
  return {
    paused: holds
      ? { atMs: pause.atMs, by: pause.actor, reason: pause.reason, untilMs: pause.untilMs }
      : null,
    throttle:
      throttle?.kind === "throttled" && throttle.maximumPerHour !== null
        ? {
            maximumPerHour: throttle.maximumPerHour,
            atMs: throttle.atMs,
            by: throttle.actor,
            reason: throttle.reason,
          }
        : null,
  };
}

/** Whether a pause covered the moment, by the acts newest first. */
export function wasPaused(controls: readonly RuleControl[], atMs: number): boolean {
  return (
    controlState(
      controls.filter((control) => control.atMs <= atMs),
      atMs,
    ).paused !== null
  );
}

/** Where acts are kept. */
export interface RuleControlRecords {
  putRuleControl(control: RuleControl): void;
  /** Newest first. */
  ruleControls(filter: { rule?: string; limit?: number }): RuleControl[];
}

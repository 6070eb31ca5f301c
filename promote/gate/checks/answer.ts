import type { Issue } from "../../../connectors/issue/issue.ts";
import type { Gap } from "../../ads/gap.ts";
import type { GateCheck } from "../report.ts";

/** What a check found. */
export type Answer = Pick<GateCheck, "state" | "evidence" | "remedy" | "renewing">;

const SHOWN = 5;

/** One line of the gate's list. */
export function check(code: string, title: string, link: string, answer: Answer): GateCheck {
  return { code, title, ...answer, link };
}

export function passed(evidence: string): Answer {
  return { state: "passed", evidence, remedy: "" };
}

export function failed(evidence: string, remedy: string): Answer {
  return { state: "failed", evidence, remedy };
}

/** What the check needs was not computed yet. */
export function waiting(evidence: string, remedy: string): Answer {
  return { state: "waiting", evidence, remedy };
}

/** What passed for this version rests on what is no longer so, and is computed again by itself. */
export function renewing(evidence: string, remedy: string): Answer {
  return { state: "waiting", evidence, remedy, renewing: true };
}

/** Fails by the first gap's remedy, naming every gap; null where there is none. */
export function gapsAnswer(gaps: readonly Gap[]): Answer | null {
  const [first] = gaps;
  if (!first) return null;
  const more = gaps.length > SHOWN ? ` And ${gaps.length - SHOWN} more.` : "";
  return failed(
    gaps
      .slice(0, SHOWN)
      .map(({ message }) => message)
      .join(" ") + more,
    first.remedy,
  );
}

export function errorsOf(issues: readonly Issue[]): Issue[] {
  return issues.filter(({ severity }) => severity === "error");
}

/** Messages of issues in a row, or the other text where there is none. */
export function listed(issues: readonly Issue[], otherwise: string): string {
  if (issues.length === 0) return otherwise;
  const more = issues.length > SHOWN ? ` And ${issues.length - SHOWN} more.` : "";
  return (
    issues
      .slice(0, SHOWN)
      .map(({ message, place }) => `${message} (${place})`)
      .join(" ") + more
  );
}

/** A number as people read it: whole from a hundred on, else with at most two digits after the point. */
export function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Math.round(value * 100) / 100);
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

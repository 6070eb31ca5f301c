/** The detections of a Sigma rule as one condition. Browser-safe: pure functions only. */
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import type { Condition } from "../condition/condition.ts";
import { namesOf } from "./expression.ts";
import { itemCondition } from "./item-condition.ts";
import type { SigmaDetection, SigmaDetections, SigmaExpression } from "./sigma-rule.ts";

/**
 * What one event must be, over the rule's own field names and without its log source. Refuses by name and line what a
 * modifier or value cannot say; `place` is the file.
 */
export function detectionsCondition(detections: SigmaDetections, place: string): Parsed<Condition> {
  const issues: Issue[] = [];
  const names = [...detections.named.keys()];
  const written = new Map(
    [...detections.named].map(([name, detection]) => [name, write(detection, place, issues)]),
  );
  const expressed = (expression: SigmaExpression): Condition | null => {
    switch (expression.kind) {
      case "name":
        return written.get(expression.name) ?? null;
      case "not": {
        const of = expressed(expression.of);
        return of && { kind: "not", of };
      }
      case "of":
        return joined(
          expression.quantity,
          namesOf(expression.pattern, names).map((name) => written.get(name) ?? null),
        );
      default:
        return joined(expression.kind, expression.of.map(expressed));
    }
  };
  const value = joined(
    "any",
    detections.conditions.map(({ expression }) => expressed(expression)),
  );
  if (value === null || issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  return { ok: true, value, issues };
}

function write(detection: SigmaDetection, place: string, issues: Issue[]): Condition | null {
  if (detection.kind === "item") return itemCondition(detection, place, issues);
  return joined(
    detection.kind,
    detection.of.map((one) => write(one, place, issues)),
  );
}

function joined(kind: "all" | "any", of: readonly (Condition | null)[]): Condition | null {
  const conditions = of.filter((one) => one !== null);
  if (conditions.length < of.length || conditions.length === 0) return null;
  if (conditions.length === 1) return conditions[0]!;
  return { kind, of: conditions.flatMap((one) => (one.kind === kind ? one.of : [one])) };
}

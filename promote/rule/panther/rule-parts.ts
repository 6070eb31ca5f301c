import type { Issue } from "../../../connectors/issue/issue.ts";
import { shapeYaml } from "../shape/serialize.ts";
import type { Shape } from "../shape/shape.ts";
import type { PantherCorrelation } from "./correlation.ts";
import { type MemberNames, PLAIN_NAMES, pantherShape, pantherTestEvents } from "./shape.ts";

/** What of a rule's folder comes from a Panther correlation rule; ADS and plan are written by people. */
export interface PantherRuleParts {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly severity: PantherCorrelation["severity"];
  readonly techniques: readonly string[];
  readonly shape: Shape;
  readonly shapeYaml: string;
  /** Test files by name, events of the dataset of detections. */
  readonly tests: Readonly<Record<string, string>>;
}

/**
 * A correlation as the parts of a rule of ours, its sample tests as test files. Tests of one name are numbered. Null,
 * with issues, where our rules have no word for it.
 */
export function pantherRuleParts(
  correlation: PantherCorrelation,
  place: string,
  names: MemberNames = PLAIN_NAMES,
): { readonly parts: PantherRuleParts | null; readonly issues: readonly Issue[] } {
  const { shape, issues } = pantherShape(correlation, place, names);
  if (shape === null) return { parts: null, issues };
  const tests: Record<string, string> = {};
  for (const test of correlation.tests) {
    const { file, text } = pantherTestEvents(correlation, test, names);
    let name = file;
    for (let number = 2; name in tests; number += 1) name = file.replace(".ndjson", `-${number}.ndjson`);
    tests[name] = text;
  }
  const { id, title, description, severity, techniques } = correlation;
  return {
    parts: {
      name: names.nameOf(id),
      title,
      description,
      severity,
      techniques,
      shape,
      shapeYaml: shapeYaml(shape),
      tests,
    },
    issues,
  };
}

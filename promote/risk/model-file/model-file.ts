import { isMap, isSeq, LineCounter, parseDocument } from "yaml";
import type { Parsed } from "../../../connectors/issue/issue.ts";
import type { RiskModel } from "../model.ts";
import { readDetection, readMeasurement } from "./detection.ts";
import { type Path, Reader } from "./reader.ts";
import { checkReferences } from "./references.ts";
import { readScenario } from "./scenario.ts";
import { readSettings } from "./settings.ts";
import { readSource } from "./source.ts";

/**
 * Parses `risk/model.yaml` (format: this room's README). `place` is the file's name in issues. Every default is
 * filled and labelled; warnings about magnitudes and unused entries go with the value.
 */
export function parseRiskModel(yaml: string, place: string): Parsed<RiskModel> {
  const lines = new LineCounter();
  const document = parseDocument(yaml, {
    lineCounter: lines,
    prettyErrors: false,
    maxAliasCount: 100,
  } as never);
  const lineOf = (path: Path): number | null => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return isMap(document.contents) || isSeq(document.contents) ? 1 : null;
  };
  const reader = new Reader(place, lineOf);
  if (document.errors.length > 0) {
    return {
      ok: false,
      issues: document.errors.map((error) => ({
        severity: "error" as const,
        code: "risk.yaml",
        place: `${place}:${lines.linePos(error.pos[0]).line}`,
        message: `The file is not YAML: ${error.message.split("\n")[0]}`,
        remedy: "Mend the syntax on this line.",
      })),
    };
  }
  const root = reader.map(document.toJS({ maxAliasCount: 100 }), []);
  reader.known(root, [], ["settings", "scenarios", "sources", "detections", "measurements"]);
  const settings = readSettings(reader, root.settings);
  const scenarios = reader
    .list(root.scenarios, ["scenarios"])
    .map((value, i) => readScenario(reader, value, ["scenarios", i]));
  const sources = reader
    .list(root.sources, ["sources"])
    .map((value, i) => readSource(reader, value, ["sources", i]));
  const detections = reader
    .list(root.detections, ["detections"])
    .map((value, i) => readDetection(reader, value, ["detections", i]));
  const measurements = reader
    .list(root.measurements, ["measurements"])
    .map((value, i) => readMeasurement(reader, value, ["measurements", i]));
  const model: RiskModel = { settings, scenarios, sources, detections, measurements };
  checkReferences(reader, model);
  const failed = reader.issues.some((issue) => issue.severity === "error");
  return failed ? { ok: false, issues: reader.issues } : { ok: true, value: model, issues: reader.issues };
}

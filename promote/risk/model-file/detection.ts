import { DEFAULT_ALERTS_PER_YEAR, DEFAULT_H, DEFAULT_P, DEFAULT_TRIAGE_MINUTES } from "../defaults.ts";
import type { Measurement, RiskDetection } from "../model.ts";
import type { Path, Reader } from "./reader.ts";

/** One entry of `detections`. */
export function readDetection(reader: Reader, value: unknown, path: Path): RiskDetection {
  const node = reader.map(value, path);
  reader.known(node, path, [
    ...["id", "kind", "requires", "targets", "p", "h", "lagDays", "cadenceDays"],
    ...["alertsPerYear", "triageMinutes", "precision"],
  ]);
  const cadenceDays = reader.number(node.cadenceDays, [...path, "cadenceDays"], { min: 0 }, 0);
  const kind = node.kind ?? (cadenceDays > 0 ? "hunt" : "rule");
  if (kind !== "rule" && kind !== "hunt") {
    reader.error("kind", [...path, "kind"], "The kind is not known.", "Use rule or hunt.");
  }
  const requires = reader.texts(node.requires, [...path, "requires"]);
  if (requires.length === 0) {
    reader.error(
      "requires",
      path,
      "The detection names no source that it needs.",
      "List its sources under requires.",
    );
  }
  const own = <T extends string>(key: T): Path => [...path, key];
  return {
    id: reader.id(node.id, own("id")),
    kind: kind === "hunt" ? "hunt" : "rule",
    requires: [...new Set(requires)],
    targets: reader.texts(node.targets, own("targets")),
    p: reader.quantity(node.p, own("p"), "probability", DEFAULT_P),
    h: reader.quantity(node.h, own("h"), "probability", DEFAULT_H),
    lagDays: reader.number(node.lagDays, own("lagDays"), { min: 0 }, 0),
    cadenceDays,
    alertsPerYear: reader.quantity(node.alertsPerYear, own("alertsPerYear"), "rate", DEFAULT_ALERTS_PER_YEAR),
    triageMinutes: reader.quantity(
      node.triageMinutes,
      own("triageMinutes"),
      "amount",
      DEFAULT_TRIAGE_MINUTES,
    ),
    precision:
      node.precision === undefined
        ? null
        : reader.quantity(node.precision, own("precision"), "probability", DEFAULT_P),
  };
}

/** One entry of `measurements`. */
export function readMeasurement(reader: Reader, value: unknown, path: Path): Measurement {
  const node = reader.map(value, path);
  reader.known(node, path, ["input", "usd", "unitUsd", "how"]);
  return {
    input: reader.text(node.input, [...path, "input"]),
    usd: reader.number(node.usd, [...path, "usd"], { min: 0 }, 0),
    ...(node.unitUsd === undefined
      ? {}
      : { unitUsd: reader.number(node.unitUsd, [...path, "unitUsd"], { min: 0 }, 0) }),
    how: reader.text(node.how, [...path, "how"]),
  };
}

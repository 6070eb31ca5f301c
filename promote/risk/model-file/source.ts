import { distributionMean } from "../distribution.ts";
import { type Quantity, quantity, type RiskSource } from "../model.ts";
import type { Path, Reader } from "./reader.ts";

const NO_COST = quantity(0);

/** One entry of `sources`. */
export function readSource(reader: Reader, value: unknown, path: Path): RiskSource {
  const node = reader.map(value, path);
  reader.known(node, path, [
    ...["id", "title", "status", "costUsdPerYear", "coverage", "retentionDays", "constraints"],
  ]);
  const id = reader.id(node.id, [...path, "id"]);
  const status = node.status ?? "onboarded";
  if (status !== "onboarded" && status !== "candidate") {
    reader.error("status", [...path, "status"], "The status is not known.", "Use onboarded or candidate.");
  }
  const cost =
    node.costUsdPerYear === undefined || node.costUsdPerYear === null
      ? null
      : reader.quantity(node.costUsdPerYear, [...path, "costUsdPerYear"], "amount", NO_COST);
  const stated = cost === null ? null : distributionMean(cost.distribution);
  const own = [...path, "coverage"];
  const none: Quantity = { distribution: { kind: "fixed", value: 0 }, ...reader.label({}, own) };
  return {
    id,
    title: reader.text(node.title, [...path, "title"], id),
    status: status === "candidate" ? "candidate" : "onboarded",
    costUsdPerYear: stated,
    costParts:
      stated === null ? null : { ingest: 0, storage: 0, licence: 0, engineering: 0, onboarding: 0, stated },
    costOrigin: cost?.origin ?? "elicited",
    ...(cost === null
      ? {}
      : {
          costLabel: { author: cost.author, date: cost.date, evidence: cost.evidence, source: cost.source },
        }),
    ...(cost === null || cost.distribution.kind === "fixed" ? {} : { costDistribution: cost.distribution }),
    coverage: Object.fromEntries(
      Object.entries(reader.map(node.coverage, own)).map(([scenario, share]) => [
        scenario,
        reader.quantity(share, [...own, scenario], "probability", none),
      ]),
    ),
    retentionDays:
      node.retentionDays === undefined
        ? null
        : reader.number(node.retentionDays, [...path, "retentionDays"], { min: 0 }, 0),
    constraints: reader.texts(node.constraints, [...path, "constraints"]),
  };
}

import type { Quantity, RiskSource } from "../model.ts";
import type { Path, Reader } from "./reader.ts";

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
  const stated =
    node.costUsdPerYear === undefined || node.costUsdPerYear === null
      ? null
      : reader.number(node.costUsdPerYear, [...path, "costUsdPerYear"], { min: 0 }, 0);
  const own = [...path, "coverage"];
  const none: Quantity = { distribution: { kind: "fixed", value: 0 }, ...reader.label({}, own) };
  return {
    id,
    title: reader.text(node.title, [...path, "title"], id),
    status: status === "candidate" ? "candidate" : "onboarded",
    costUsdPerYear: stated,
    costParts:
      stated === null ? null : { ingest: 0, storage: 0, licence: 0, engineering: 0, onboarding: 0, stated },
    costOrigin: "elicited",
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

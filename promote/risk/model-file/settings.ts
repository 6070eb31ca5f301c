import { DEFAULT_SETTINGS } from "../defaults.ts";
import type { RiskSettings } from "../model.ts";
import type { Path, Reader } from "./reader.ts";

/** The entry `settings`. */
export function readSettings(reader: Reader, value: unknown): RiskSettings {
  const path = ["settings"];
  const node = reader.map(value, path);
  reader.known(node, path, Object.keys(DEFAULT_SETTINGS));
  const read = (key: keyof RiskSettings, bounds: { min?: number; max?: number }): number =>
    reader.number(node[key], [...path, key], bounds, DEFAULT_SETTINGS[key] as number);
  let appetite: RiskSettings["appetite"] = null;
  if (node.appetite !== undefined && node.appetite !== null) {
    const own = [...path, "appetite"];
    const given = reader.map(node.appetite, own);
    reader.known(given, own, ["usd", "probability"]);
    appetite = {
      usd: reader.number(given.usd, [...own, "usd"], { min: 1 }, 1),
      probability: reader.number(given.probability, [...own, "probability"], { min: 0, max: 1 }, 0.05),
    };
  }
  return {
    analystUsdPerHour: read("analystUsdPerHour", { min: 0 }),
    kappa: read("kappa", { min: 0, max: 1 }),
    epistemicShare: read("epistemicShare", { min: 0, max: 1 }),
    intervalHitRate: read("intervalHitRate", { min: 0.05, max: 0.999 }),
    appetite,
    horizonYears: read("horizonYears", { min: 0.1, max: 100 }),
    discountRate: read("discountRate", { min: 0, max: 1 }),
    incidentsSince: readDay(reader, node.incidentsSince, [...path, "incidentsSince"]),
  };
}

function readDay(reader: Reader, value: unknown, path: Path): string | null {
  if (value === undefined || value === null) return null;
  const text = reader.text(value, path);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  reader.error("day", path, `"${text}" is no day.`, "Write a day as 2024-01-01.");
  return null;
}

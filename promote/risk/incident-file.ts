import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import type { IncidentFacts } from "./measured.ts";

/** One attack that is known: a row of `risk/incidents.csv`. */
export interface Incident {
  /** ISO day on which it became known. */
  readonly date: string;
  readonly scenario: string;
  /** Found by a detection, or otherwise (somebody told us, we noticed the damage). */
  readonly foundBy: "detection" | "other";
  /** What it cost, dollars; null while nobody knows. */
  readonly lossUsd: number | null;
  readonly note: string;
}

/** The head line that the file begins with. */
export const INCIDENT_COLUMNS = ["date", "scenario", "found_by", "loss_usd", "note"] as const;
const YEAR_MS = 365.25 * 86_400_000;

/**
 * Reads the rows of `risk/incidents.csv`, its head line first; columns may come in any order, `loss_usd` and `note` may
 * be missing. `place` names the file in issues; the line of a row is its index plus one.
 */
export function parseIncidents(
  rows: readonly (readonly (string | null)[])[],
  place: string,
  scenarios: ReadonlySet<string>,
): Parsed<Incident[]> {
  const issues: Issue[] = [];
  const error = (line: number, code: string, message: string, remedy: string): void => {
    issues.push({
      severity: "error",
      code: `risk.incidents.${code}`,
      place: `${place}:${line}`,
      message,
      remedy,
    });
  };
  const head = (rows[0] ?? []).map((cell) => (cell ?? "").trim().toLowerCase());
  for (const needed of INCIDENT_COLUMNS.slice(0, 3)) {
    if (!head.includes(needed)) {
      error(
        1,
        "head",
        `The head line has no column ${needed}.`,
        `Begin the file with ${INCIDENT_COLUMNS.join(",")}.`,
      );
    }
  }
  if (issues.length > 0) return { ok: false, issues };
  const value = rows.slice(1).flatMap((cells, index): Incident[] => {
    const line = index + 2;
    const cell = (name: (typeof INCIDENT_COLUMNS)[number]): string =>
      (cells[head.indexOf(name)] ?? "").trim();
    const date = cell("date");
    const scenario = cell("scenario");
    const foundBy = cell("found_by").toLowerCase();
    const loss = cell("loss_usd").replaceAll(/[$,\s]/g, "");
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) {
      error(line, "date", `"${date}" is no day.`, "Write the day as 2026-03-31.");
    } else if (!scenarios.has(scenario)) {
      error(
        line,
        "scenario",
        `No scenario is called "${scenario}".`,
        `Use one of ${[...scenarios].join(", ")}.`,
      );
    } else if (foundBy !== "detection" && foundBy !== "other") {
      error(line, "found", `"${foundBy}" does not say how it was found.`, "Write detection or other.");
    } else if (loss !== "" && !(Number.isFinite(Number(loss)) && Number(loss) >= 0)) {
      error(line, "loss", `"${loss}" is no amount of dollars.`, "Write a number, or leave it empty.");
    } else {
      return [{ date, scenario, foundBy, lossUsd: loss === "" ? null : Number(loss), note: cell("note") }];
    }
    return [];
  });
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value, issues };
}

/**
 * What the incidents from `since` to `until` (ISO days) teach, for every scenario: those without an incident too, since
 * silence over known years is evidence.
 */
export function incidentFacts(
  incidents: readonly Incident[],
  scenarios: readonly string[],
  since: string,
  until: string,
): IncidentFacts[] {
  const years = (Date.parse(until) - Date.parse(since)) / YEAR_MS;
  if (!(years > 0)) return [];
  const known = incidents.filter(({ date }) => date >= since && date <= until);
  return scenarios.map((scenario) => {
    const own = known.filter((incident) => incident.scenario === scenario);
    const detected = own.filter(({ foundBy }) => foundBy === "detection").length;
    return { scenario, detected, missed: own.length - detected, years: Math.round(years * 100) / 100 };
  });
}

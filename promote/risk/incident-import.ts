import { isMap, parseDocument } from "yaml";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { INCIDENT_COLUMNS, type Incident, parseIncidents } from "./incident-file.ts";
import { parseRiskModel } from "./model-file/model-file.ts";
import type { CsvRecord } from "./riskquant-import.ts";

export interface IncidentImportRequest {
  readonly records: readonly CsvRecord[];
  /** Name of the CSV file in issues. */
  readonly file: string;
  /** `risk/incidents.csv` as it is, and its records; null when there is none. */
  readonly existing: { readonly text: string; readonly records: readonly CsvRecord[] } | null;
  /** `risk/model.yaml` as it is. */
  readonly yaml: string;
  /** ISO day from which every attack is listed, where the model does not say it yet. */
  readonly since: string | null;
  /** ISO day of today. */
  readonly today: string;
}

export interface IncidentImport {
  readonly incidents: readonly (Incident & {
    readonly line: number;
    /** `known`: the very same incident stands in the file or above it already; it is skipped. */
    readonly state: "new" | "known";
  })[];
  /** `settings.incidentsSince` as it will be; null while nobody has said it: then the file cannot be written. */
  readonly since: string | null;
  /** `risk/incidents.csv` with the new ones. */
  readonly csv: string;
  /** `risk/model.yaml`, with `incidentsSince` where it had none. */
  readonly yaml: string;
}

const PLACE = "risk/incidents.csv";
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads a CSV of incidents as `risk/incidents.csv` is read, and appends those that are not there yet. A row that is
 * wrong refuses all. Without a day since when the list is whole, the plan comes with `since` null.
 */
export function planIncidentImport(request: IncidentImportRequest): Parsed<IncidentImport> {
  const model = parseRiskModel(request.yaml, "risk/model.yaml");
  if (!model.ok) return { ok: false, issues: model.issues };
  const scenarios = new Set(model.value.scenarios.map(({ id }) => id));
  const incoming = read(request.records, request.file, scenarios);
  const before = request.existing === null ? null : read(request.existing.records, PLACE, scenarios);
  const issues: Issue[] = [...incoming.issues, ...(before?.issues ?? [])];
  const declared = model.value.settings.incidentsSince;
  if (request.since !== null && !isPastDay(request.since, request.today)) {
    issues.push({
      severity: "error",
      code: "risk.incidents.since",
      place: "since",
      message: `"${request.since}" is no day of the past.`,
      remedy: "Write the day from which every attack is listed as 2024-01-01.",
    });
  } else if (request.since !== null && declared !== null && declared !== request.since) {
    issues.push({
      severity: "error",
      code: "risk.incidents.since",
      place: "risk/model.yaml",
      message: `The model says that every attack is listed since ${declared}, not ${request.since}.`,
      remedy: "Leave the day out, or change settings.incidentsSince in the model file first.",
    });
  }
  if (!incoming.ok || before?.ok === false || issues.some(({ severity }) => severity === "error"))
    return { ok: false, issues };

  const since = declared ?? request.since;
  const seen = new Set((before?.value ?? []).map(({ incident }) => keyOf(incident)));
  const incidents = incoming.value.map(({ incident, line }) => {
    const key = keyOf(incident);
    const state = seen.has(key) ? ("known" as const) : ("new" as const);
    seen.add(key);
    return { ...incident, line, state };
  });
  const added = incidents.filter(({ state }) => state === "new");
  const early = since === null ? [] : added.filter(({ date }) => date < since);
  for (const { line, date } of early) {
    issues.push({
      severity: "warning",
      code: "risk.incidents.early",
      place: `${request.file}:${line}`,
      message: `${date} lies before ${since}, from when on every attack is listed: it is kept and not counted.`,
      remedy: "Set settings.incidentsSince earlier if every attack since then is listed.",
    });
  }
  const csv = appended(request.existing, added);
  if (!csv.ok) return { ok: false, issues: csv.issues };
  return {
    ok: true,
    value: { incidents, since, csv: csv.value, yaml: withSince(request.yaml, declared, since) },
    issues,
  };
}

function read(
  records: readonly CsvRecord[],
  place: string,
  scenarios: ReadonlySet<string>,
): Parsed<{ readonly incident: Incident; readonly line: number }[]> {
  const filled = records.filter(({ cells }) => cells.some((cell) => (cell ?? "").trim() !== ""));
  const parsed = parseIncidents(
    filled.map(({ cells }) => cells),
    place,
    scenarios,
  );
  // The parser counts records; a quoted line break makes a line of the file another number.
  const issues = parsed.issues.map((issue): Issue => {
    const at = /:(\d+)$/.exec(issue.place);
    const record = at ? filled[Number(at[1]) - 1] : undefined;
    return record ? { ...issue, place: `${place}:${record.line}` } : issue;
  });
  if (!parsed.ok) return { ok: false, issues };
  return {
    ok: true,
    value: parsed.value.map((incident, i) => ({ incident, line: filled[i + 1]!.line })),
    issues,
  };
}

function isPastDay(text: string, today: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text)) && text < today;
}

function keyOf({ date, scenario, foundBy, lossUsd, note }: Incident): string {
  return JSON.stringify([date, scenario, foundBy, lossUsd, note]);
}

/** The file with more rows, in the order of columns that it has. */
function appended(existing: IncidentImportRequest["existing"], added: readonly Incident[]): Parsed<string> {
  const text = existing?.text ?? "";
  if (added.length === 0 && existing !== null) return { ok: true, value: text, issues: [] };
  const isFresh = text.trim() === "";
  const first = existing?.records.find(({ cells }) => cells.some((cell) => (cell ?? "").trim() !== ""));
  const head = isFresh
    ? [...INCIDENT_COLUMNS]
    : (first?.cells ?? []).map((cell) => (cell ?? "").trim().toLowerCase());
  const cellsOf = (incident: Incident): Readonly<Record<(typeof INCIDENT_COLUMNS)[number], string>> => ({
    date: incident.date,
    scenario: incident.scenario,
    found_by: incident.foundBy,
    loss_usd: incident.lossUsd === null ? "" : String(incident.lossUsd),
    note: incident.note,
  });
  for (const column of INCIDENT_COLUMNS) {
    if (head.includes(column) || added.every((incident) => cellsOf(incident)[column] === "")) continue;
    return {
      ok: false,
      issues: [
        {
          severity: "error",
          code: "risk.incidents.column",
          place: `${PLACE}:1`,
          message: `The file has no column ${column}, which the new rows need.`,
          remedy: `Add ${column} to its head line.`,
        },
      ],
    };
  }
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const rows = added.map((incident) => {
    const cells: Readonly<Record<string, string>> = cellsOf(incident);
    return `${head.map((column) => quoted(cells[column] ?? "")).join(",")}${newline}`;
  });
  const kept = isFresh
    ? `${INCIDENT_COLUMNS.join(",")}${newline}`
    : text.endsWith("\n")
      ? text
      : `${text}${newline}`;
  return { ok: true, value: kept + rows.join(""), issues: [] };
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function withSince(yaml: string, declared: string | null, since: string | null): string {
  if (declared !== null || since === null) return yaml;
  const document = parseDocument(yaml);
  if (!isMap(document.get("settings"))) document.set("settings", document.createNode({}));
  document.setIn(["settings", "incidentsSince"], since);
  const head = /^settings:[^\S\n]*(?:#.*)?\n((?:[^\S\n]*(?:#.*)?\n)*)([^\S\n]+)(?=[\w])/m.exec(yaml);
  if (!head) return document.toString({ lineWidth: 0 });
  // One more line, every other byte as it was, where that gives the same model.
  const at = head.index + head[0].length;
  const spliced = `${yaml.slice(0, at)}incidentsSince: ${since}\n${head[2]}${yaml.slice(at)}`;
  const made = parseDocument(spliced, { prettyErrors: false });
  const isSame = made.errors.length === 0 && withoutSince(made) === withoutSince(document);
  return isSame && made.getIn(["settings", "incidentsSince"]) === since
    ? spliced
    : document.toString({ lineWidth: 0 });
}

function withoutSince(document: ReturnType<typeof parseDocument>): string {
  const { settings, ...rest } = document.toJS({ maxAliasCount: 100 }) as {
    settings: Record<string, unknown>;
  };
  const { incidentsSince: _, ...others } = settings;
  return JSON.stringify([others, rest]);
}

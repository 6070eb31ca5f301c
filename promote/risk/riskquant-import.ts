import { isMap, isSeq, parseDocument, type YAMLSeq } from "yaml";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { DEFAULT_DISCOVERY_DAYS } from "./defaults.ts";
import { intervalWarnings } from "./lognormal.ts";
import { parseRiskModel } from "./model-file/model-file.ts";
import { parseRiskquantRows, type RiskquantRow, rankLosses } from "./riskquant.ts";

/** One record of a CSV file with the line on which it starts. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly (string | null)[];
}

export interface RiskquantImportRequest {
  readonly records: readonly CsvRecord[];
  /** Name of the CSV file in issues and labels. */
  readonly file: string;
  /** The model file as it is; null when there is none. */
  readonly yaml: string | null;
  /** Sources of the workspace: a new model file begins with them. */
  readonly sources: readonly string[];
  readonly author: string;
  /** ISO day. */
  readonly date: string;
}

/** One row of the CSV as it will stand in the model. */
export interface ImportedScenario {
  readonly line: number;
  readonly id: string;
  readonly title: string;
  readonly frequencyPerYear: number;
  readonly low: number;
  readonly high: number;
  /** Expected yearly loss [$], as riskquant computes it. */
  readonly lossUsd: number;
  /** `known` when the model has this very scenario already: it is skipped. */
  readonly state: "new" | "known";
}

export interface RiskquantImport {
  /** Largest expected loss first. */
  readonly scenarios: readonly ImportedScenario[];
  readonly totalUsd: number;
  /** The model file with the new scenarios. */
  readonly yaml: string;
  /** What is added to it, as text. */
  readonly added: string;
}

const PLACE = "risk/model.yaml";
const HEAD = /^(identifier|id|name)$/i;

/**
 * Reads a riskquant CSV (identifier, name, yearly frequency, low and high loss of a 90% interval; a head line is skipped)
 * into scenarios of the model file, whose comments and order stay. A step that nothing detects and the default damage
 * curve are put in, labelled as imported. A row that is wrong, or a file that would not be a model, refuses all.
 */
export function planRiskquantImport(request: RiskquantImportRequest): Parsed<RiskquantImport> {
  const { file } = request;
  const filled = request.records.filter(({ cells }) => cells.some((cell) => (cell ?? "").trim() !== ""));
  const [first] = filled;
  const isHead =
    first !== undefined &&
    HEAD.test((first.cells[0] ?? "").trim()) &&
    Number.isNaN(Number((first.cells[2] ?? "x").trim() || "x"));
  const records = isHead ? filled.slice(1) : filled;
  const rows = records.map(({ cells }) => cells.map((cell) => cell ?? ""));
  const parsed = parseRiskquantRows(
    rows,
    file,
    records.map(({ line }) => line),
  );
  const issues: Issue[] = [...parsed.issues];
  if (records.length === 0) {
    issues.push({
      severity: "error",
      code: "risk.riskquant.empty",
      place: file,
      message: "The file has no rows.",
      remedy: "Give rows of an identifier, a name, a yearly frequency, a low and a high loss.",
    });
  }
  if (parsed.ok) {
    parsed.value.forEach(({ low, high }, at) => {
      if (intervalWarnings(low, high).meanExceedsHigh)
        issues.push({
          severity: "error",
          code: "risk.riskquant.wide",
          place: `${file}:${records[at]!.line}`,
          message: "The losses are so far apart that their mean lies above the high one.",
          remedy: "Narrow the interval, or write this scenario into the model by hand, with a cap.",
        });
    });
  }
  if (!parsed.ok || issues.some(({ severity }) => severity === "error")) return { ok: false, issues };

  const start = request.yaml ?? starter(request.sources);
  const document = parseDocument(start, { prettyErrors: false });
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) {
    const before = parseRiskModel(start, PLACE);
    return { ok: false, issues: before.issues };
  }
  if (!isSeq(document.get("scenarios"))) document.set("scenarios", document.createNode([]));
  const known = knownScenarios(document.toJS({ maxAliasCount: 100 }) as { scenarios?: unknown });
  const taken = new Set(known.map(({ id }) => id));
  const scenarios = rankLosses(
    parsed.value.map((row, at): Omit<ImportedScenario, "lossUsd"> => {
      const base = safeId(row.id || row.name || "imported");
      const same = known.find((scenario) => isSame(scenario, base, row));
      const shown = {
        line: records[at]!.line,
        title: row.name || row.id || "Imported scenario",
        frequencyPerYear: row.frequencyPerYear,
        low: row.low,
        high: row.high,
      };
      if (same) return { ...shown, id: same.id, state: "known" };
      const id = freeId(base, taken);
      taken.add(id);
      return { ...shown, id, state: "new" };
    }),
  );
  const added = scenarios
    .filter(({ state }) => state === "new")
    .sort((left, right) => left.line - right.line);
  const list = document.get("scenarios") as YAMLSeq;
  const end = list.flow === true || list.items.length === 0 ? null : (list.range?.[1] ?? null);
  if (list.items.length === 0) list.flow = false;
  const nodes = added.map((scenario) => {
    const node = scenarioNode(document, scenario, request);
    list.add(node);
    return node;
  });
  const fresh = parseDocument("[]");
  fresh.contents = fresh.createNode(nodes) as never;
  const addedText = nodes.length === 0 ? "" : fresh.toString({ lineWidth: 0 });
  const yaml = nodes.length === 0 ? start : withAdded(start, end, addedText, document);
  const checked = parseRiskModel(yaml, PLACE);
  if (!checked.ok) return { ok: false, issues: checked.issues };
  return {
    ok: true,
    value: {
      scenarios,
      totalUsd: scenarios.reduce((sum, { lossUsd }) => sum + lossUsd, 0),
      yaml,
      added: addedText,
    },
    issues: [],
  };
}

/**
 * The file with the new entries after the last scenario, every other byte as it was; where its list is written in a way
 * that does not allow that, the whole file written anew, comments and order kept.
 */
function withAdded(
  text: string,
  end: number | null,
  added: string,
  wanted: ReturnType<typeof parseDocument>,
): string {
  const whole = wanted.toString({ lineWidth: 0 });
  const first = /^scenarios:[^\S\n]*(?:#.*)?\n(?:[^\S\n]*(?:#.*)?\n)*([^\S\n]*)- /m.exec(text);
  if (end === null || !first) return whole;
  const line = text[end - 1] === "\n" ? end : text.indexOf("\n", end) + 1;
  const head = line === 0 ? `${text}\n` : text.slice(0, line);
  const entries = added
    .split("\n")
    .map((row) => (row === "" ? row : `${first[1]}${row}`))
    .join("\n");
  const spliced = head + entries + (line === 0 ? "" : text.slice(line));
  const made = parseDocument(spliced, { prettyErrors: false });
  const isSame =
    made.errors.length === 0 &&
    JSON.stringify(made.toJS({ maxAliasCount: 100 })) === JSON.stringify(wanted.toJS({ maxAliasCount: 100 }));
  return isSame ? spliced : whole;
}

function scenarioNode(
  document: ReturnType<typeof parseDocument>,
  scenario: Omit<ImportedScenario, "lossUsd">,
  { author, date, file }: RiskquantImportRequest,
) {
  const label = {
    origin: "elicited",
    author,
    date,
    source: `imported from riskquant, ${file} line ${scenario.line}`,
  };
  const node = document.createNode({
    id: scenario.id,
    title: scenario.title,
    frequency: { value: scenario.frequencyPerYear, ...label },
    magnitude: { interval: [scenario.low, scenario.high], ...label },
    damage: [
      [0, 0],
      [DEFAULT_DISCOVERY_DAYS, 1],
    ],
    steps: [{ name: "imported, steps not said", days: 1, techniques: {} }],
  });
  node.commentBefore =
    " Imported: the frequency has no interval, the damage curve is the default, and no technique is named yet,\n so no source is worth anything against it. Say what the attacker does under steps.";
  for (const key of ["frequency", "magnitude", "damage"]) flow(node.get(key, true));
  flow(node.getIn(["steps", 0], true));
  return node;
}

function flow(node: unknown): void {
  (node as { flow: boolean }).flow = true;
}

/** A model file that begins with the workspace's own sources. */
function starter(sources: readonly string[]): string {
  const listed = sources.map((id) => `  - { id: ${id}, status: onboarded, coverage: {} }\n`);
  return `# What we fear, what it would cost, and what each source and rule does about it.\nscenarios: []\nsources:${listed.length === 0 ? " []\n" : `\n${listed.join("")}`}`;
}

interface KnownScenario {
  readonly id: string;
  readonly frequencyPerYear: unknown;
  readonly low: unknown;
  readonly high: unknown;
}

function knownScenarios(model: { scenarios?: unknown }): KnownScenario[] {
  if (!Array.isArray(model.scenarios)) return [];
  return model.scenarios.flatMap((entry: unknown): KnownScenario[] => {
    const node = entry as {
      id?: unknown;
      frequency?: { value?: unknown } | number;
      magnitude?: { interval?: unknown[] } | unknown[];
    } | null;
    if (node === null || typeof node !== "object" || typeof node.id !== "string") return [];
    const { frequency, magnitude } = node;
    const interval = Array.isArray(magnitude) ? magnitude : magnitude?.interval;
    return [
      {
        id: node.id,
        frequencyPerYear: typeof frequency === "object" ? frequency?.value : frequency,
        low: interval?.[0],
        high: interval?.[1],
      },
    ];
  });
}

function isSame(known: KnownScenario, base: string, row: RiskquantRow): boolean {
  const isNamed =
    known.id === base || (known.id.startsWith(`${base}-`) && /^\d+$/.test(known.id.slice(base.length + 1)));
  return (
    isNamed &&
    known.frequencyPerYear === row.frequencyPerYear &&
    known.low === row.low &&
    known.high === row.high
  );
}

/** Text as an id of the model file: letters, digits, dash, dot and underscore, at most 58 so that a number may follow. */
function safeId(text: string): string {
  const id = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 58)
    .replace(/[-.]+$/, "");
  return id === "" ? "imported" : id;
}

function freeId(base: string, taken: ReadonlySet<string>): string {
  let id = base;
  for (let count = 2; taken.has(id); count += 1) id = `${base}-${count}`;
  return id;
}

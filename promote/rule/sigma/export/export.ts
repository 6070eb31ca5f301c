import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Condition } from "../../condition/condition.ts";
import type { Rule } from "../../rule.ts";
import type { Shape, ShapeEvents } from "../../shape/shape.ts";
import { writeDetections } from "./detections.ts";
import { type CorrelationBody, shapeCorrelation, timespan } from "./shape-correlation.ts";

export interface SigmaLogSourceNames {
  readonly product?: string;
  readonly category?: string;
  readonly service?: string;
}

export interface SigmaExportRequest {
  readonly rule: Pick<
    Rule,
    | "name"
    | "title"
    | "description"
    | "author"
    | "stage"
    | "techniques"
    | "severity"
    | "entities"
    | "run"
    | "allowedLatenessMs"
    | "expectedPrecision"
    | "expectedAlertsPerWeek"
    | "lookbackMs"
  >;
  readonly shape: Shape;
  /** How Sigma calls what a dataset holds; null when nothing says so. */
  readonly logSourceOf: (dataset: string) => SigmaLogSourceNames | null;
  /** ATT&CK tactics of the rule's techniques, as Sigma writes them: `credential-access`. */
  readonly tactics: readonly string[];
  /** Sentences of the ADS: harmless activity that looks the same. */
  readonly falsePositives: readonly string[];
  /** Addresses of the ADS's Additional Resources. */
  readonly references: readonly string[];
  /** What else the rule has that Sigma has no place for: `response plan`, `3 tests`. */
  readonly left: readonly string[];
}

const STATUS: Readonly<Record<Rule["stage"], string>> = {
  draft: "experimental",
  staged: "test",
  paging: "stable",
  retired: "deprecated",
};

/**
 * Writes a rule made of parts as Sigma: one rule, or a correlation with the rules it joins. What Sigma has no place for is
 * a warning each, by name; what it cannot say at all is an error, and then there is no text.
 */
export function exportSigma(request: SigmaExportRequest): Parsed<string> {
  const { rule, shape } = request;
  const issues: Issue[] = [];
  const place = `rules/${rule.name}`;
  const lost = (code: string, message: string, remedy: string, severity: Issue["severity"] = "warning") =>
    issues.push({ severity, code: `sigma.export.${code}`, place, message, remedy });
  const documents =
    shape.kind === "filter"
      ? [ruleDocument(request, shape.events, lost)]
      : correlationDocuments(request, shapeCorrelation(shape, lost), lost);
  tellLosses(request, lost);
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const text = documents
    .map((document) =>
      stringify(document, { lineWidth: 0, version: "1.1", singleQuote: true, aliasDuplicateObjects: false }),
    )
    .join("---\n");
  return { ok: true, value: text, issues };
}

export type Lost = (code: string, message: string, remedy: string, severity?: Issue["severity"]) => void;
type Document = Record<string, unknown>;

function ruleDocument(request: SigmaExportRequest, events: ShapeEvents, lost: Lost): Document {
  return {
    ...head(request, request.rule.title, ""),
    ...body(request, events, lost),
    ...tail(request),
  };
}

function correlationDocuments(
  request: SigmaExportRequest,
  correlation: { readonly body: CorrelationBody; readonly events: readonly ShapeEvents[] },
  lost: Lost,
): Document[] {
  const documents: Document[] = [
    { ...head(request, request.rule.title, ""), correlation: correlation.body, ...tail(request) },
  ];
  for (const events of correlation.events) {
    const called = partName(request, events);
    const { burst } = events;
    const inner = burst === undefined ? called : `${called}_event`;
    if (burst !== undefined) {
      documents.push({
        title: `${request.rule.title}: ${events.name}, ${burst.count} of them`,
        id: idOf(request.rule.name, `${events.name} burst`),
        name: called,
        correlation: {
          type: "event_count",
          rules: [inner],
          ...(burst.by.length === 0 ? {} : { "group-by": [...burst.by] }),
          timespan: timespan(burst.windowMs, lost),
          condition: { gte: burst.count },
        },
      });
    }
    documents.push({
      title: `${request.rule.title}: ${events.name}`,
      id: idOf(request.rule.name, events.name),
      name: inner,
      ...body(request, events, lost),
    });
  }
  const names = new Map(correlation.events.map((events) => [events.name, partName(request, events)]));
  const outer = documents[0]!.correlation as CorrelationBody;
  documents[0]!.correlation = {
    ...outer,
    rules: outer.rules.map((name) => names.get(name) ?? name),
    ...(outer.aliases === undefined
      ? {}
      : {
          aliases: Object.fromEntries(
            Object.entries(outer.aliases).map(([alias, of]) => [
              alias,
              Object.fromEntries(Object.entries(of).map(([name, field]) => [names.get(name) ?? name, field])),
            ]),
          ),
        }),
  };
  return documents;
}

function partName(request: SigmaExportRequest, events: ShapeEvents): string {
  return `${request.rule.name.replaceAll("-", "_")}_${events.name}`;
}

function head(request: SigmaExportRequest, title: string, part: string): Document {
  const { rule } = request;
  return {
    title: title.slice(0, 256),
    id: idOf(rule.name, part),
    status: STATUS[rule.stage],
    ...(rule.description === "" ? {} : { description: rule.description }),
    ...(request.references.length === 0 ? {} : { references: [...request.references] }),
    ...(rule.author === "" ? {} : { author: rule.author }),
    ...tags(request),
  };
}

function tags({ rule, tactics }: SigmaExportRequest): Document {
  const all = [
    ...tactics.map((tactic) => `attack.${tactic}`),
    ...rule.techniques.map((id) => `attack.${id.toLowerCase()}`),
  ];
  return all.length === 0 ? {} : { tags: [...new Set(all)] };
}

function tail({ rule, shape, falsePositives }: SigmaExportRequest): Document {
  return {
    ...(shape.by.length === 0
      ? {}
      : { fields: shape.kind === "filter" ? [...shape.events.by] : [...shape.by] }),
    ...(falsePositives.length === 0 ? {} : { falsepositives: [...falsePositives] }),
    level: rule.severity,
  };
}

function body(request: SigmaExportRequest, events: ShapeEvents, lost: Lost): Document {
  if (events.lookup !== undefined)
    lost(
      "lookup",
      `\`${events.name}\` is looked up in \`${events.lookup.dataset}\`, which Sigma cannot say.`,
      "Leave the lookup out, or write the values as a list.",
      "error",
    );
  const stray = strayField(events.where);
  if (stray !== null)
    lost(
      "field",
      `The field name \`${shown(stray)}\` cannot be written in Sigma.`,
      "Rename the column.",
      "error",
    );
  let names = request.logSourceOf(events.dataset);
  if (names === null) {
    lost(
      "logsource",
      `Nothing says how Sigma calls the log in \`${events.dataset}\`; the rule names it as a service.`,
      "Say it in the source's file, or map it where the rule goes.",
    );
    names = { service: events.dataset };
  }
  const { named, condition } = writeDetections(events.where);
  return { logsource: { ...names }, detection: { ...Object.fromEntries(named), condition } };
}

/** A field whose name would be read as a modifier, or as none. */
function strayField(condition: Condition): string | null {
  if (condition.kind === "not") return strayField(condition.of);
  if (condition.kind !== "test") return condition.of.map(strayField).find((name) => name !== null) ?? null;
  const { field, operator } = condition;
  return operator !== "keyword" && (field === "" || field.includes("|") || field.trim() !== field)
    ? field
    : null;
}

function tellLosses({ rule, shape, left }: SigmaExportRequest, lost: Lost): void {
  for (const what of left)
    lost(
      "left",
      `Sigma has no place for the ${what}.`,
      "Send a bundle as well, or write it into the description.",
    );
  if (rule.run.mode === "batch" && rule.run.cron !== "")
    lost(
      "schedule",
      `Sigma does not say when a rule runs (\`${rule.run.cron}\`).`,
      "Set it where the rule goes.",
    );
  lost(
    "lateness",
    `How late an event may come (${rule.allowedLatenessMs / 1000} s) is not part of a Sigma rule.`,
    "Set it where the rule goes.",
  );
  if (rule.expectedPrecision !== null || rule.expectedAlertsPerWeek !== null)
    lost("forecast", "The author's forecast of precision and alerts has no place in Sigma.", "Keep it here.");
  if (rule.entities.length > 0)
    lost(
      "entities",
      `That ${rule.entities.map(({ column, kind }) => `\`${column}\` is a ${kind}`).join(", ")} is not part of a Sigma rule.`,
      "Map the fields where the rule goes.",
    );
  if (shape.kind !== "filter")
    lost(
      "windows",
      "Elsewhere a window may be cut at full hours instead of sliding, and a burst may be told more than once.",
      "Compare the counts there.",
    );
}

/** An id that stays the same for the same rule: a UUID made from its name. */
function idOf(rule: string, part: string): string {
  const hex = createHash("sha256").update(`spoor sigma ${rule} ${part}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

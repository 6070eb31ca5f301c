import { type Document, isMap, parseDocument } from "yaml";

/** What rule.yaml says, as fields of a form; a field that is not there has its default. */
export interface RuleFields {
  readonly title: string;
  readonly description: string;
  readonly owner: string;
  readonly timeColumn: string;
  readonly entities: readonly { readonly column: string; readonly kind: string }[];
  readonly lookback: string;
  readonly allowedLateness: string;
  readonly mode: "batch" | "stream";
  readonly cron: string;
  readonly zone: string;
  readonly reason: string;
  readonly slice: string;
  readonly techniques: readonly string[];
  readonly severity: string;
  readonly expectedPrecision: number | null;
  readonly expectedAlertsPerWeek: number | null;
  /** The hunt that it came from. */
  readonly from: { readonly notebook: string; readonly cell: number } | null;
}

const MAXIMUM_ALIASES = 50;

/** Reads rule.yaml as far as a form needs it; null when it is no YAML map. The server decides whether it is right. */
export function readRuleFields(yaml: string): RuleFields | null {
  const value = mapOf(yaml);
  if (value === null) return null;
  const run = isRecord(value.run) ? value.run : {};
  return {
    title: words(value.title),
    description: words(value.description),
    owner: words(value.owner),
    timeColumn: words(value.timeColumn) || "_time",
    entities: Array.isArray(value.entities)
      ? value.entities
          .filter(isRecord)
          .map((entity) => ({ column: words(entity.column), kind: words(entity.kind) }))
      : [],
    lookback: words(value.lookback) || "0s",
    allowedLateness: words(value.allowedLateness) || "2m",
    mode: run.mode === "stream" ? "stream" : "batch",
    cron: words(run.cron) || "*/15 * * * *",
    zone: words(run.zone) || "UTC",
    reason: words(run.reason),
    slice: words(run.slice) || "10s",
    techniques: Array.isArray(value.techniques) ? value.techniques.map(words).filter((id) => id !== "") : [],
    severity: words(value.severity) || "medium",
    expectedPrecision: figure(value.expectedPrecision),
    expectedAlertsPerWeek: figure(value.expectedAlertsPerWeek),
    from:
      isRecord(value.from) && words(value.from.notebook) !== ""
        ? { notebook: words(value.from.notebook), cell: figure(value.from.cell) ?? 0 }
        : null,
  };
}

/** rule.yaml with one value changed (a null is written as null); comments and order stay. The text itself when it is no YAML map. */
export function setRuleField(
  yaml: string,
  name: string,
  value: string | number | null | readonly string[] | Readonly<Record<string, unknown>> | readonly unknown[],
): string {
  const document = documentOf(yaml);
  if (document === null) return yaml;
  const node = document.createNode(value, { flow: name === "techniques" });
  document.set(name, node);
  return document.toString({ lineWidth: 0 });
}

/** The `run` of rule.yaml for a form's answers. */
export function runField(
  fields: Pick<RuleFields, "mode" | "cron" | "zone" | "reason" | "slice">,
): Readonly<Record<string, string>> {
  return fields.mode === "stream"
    ? { mode: "stream", slice: fields.slice }
    : { mode: "batch", cron: fields.cron, zone: fields.zone, reason: fields.reason };
}

function documentOf(yaml: string): Document | null {
  try {
    const document = parseDocument(yaml);
    return document.errors.length === 0 && isMap(document.contents) ? document : null;
  } catch {
    return null;
  }
}

function mapOf(yaml: string): Record<string, unknown> | null {
  try {
    const value: unknown = documentOf(yaml)?.toJS({ maxAliasCount: MAXIMUM_ALIASES });
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function words(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function figure(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

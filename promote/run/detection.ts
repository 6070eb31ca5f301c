import { createHash } from "node:crypto";
import type { Issue } from "../../connectors/issue/issue.ts";
import { parseInstant } from "../../connectors/time/instant.ts";
import { canonicalJson } from "../records/canonical-json.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import type { CellValue, Detection, Row, RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";

/** Rows whose time lies in `afterUs < time <= untilUs`; null keeps every row. */
export interface TimeRange {
  readonly afterUs: bigint;
  readonly untilUs: bigint;
}

/** Detections of a result, oldest first, and what became of its other rows. */
export interface DetectionSet {
  readonly detections: readonly Detection[];
  /** Rows of the result. */
  readonly rowCount: number;
  /** Rows whose time lies outside of the range. */
  readonly outsideCount: number;
  /** Rows without a readable time: no detection, and told in `issues`. */
  readonly timelessCount: number;
  readonly issues: readonly Issue[];
}

/** What a detection says about the run that found it. */
export interface DetectionOrigin {
  readonly mode: RunMode;
  readonly late: boolean;
  readonly detectedMs: number;
}

interface Gathered {
  readonly timeUs: bigint;
  readonly entities: Readonly<Record<string, string>>;
  readonly rows: { readonly text: string; readonly row: Row }[];
}

function entityText(value: CellValue | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  return typeof value === "object" ? canonicalJson(value) : String(value);
}

function timelessIssue(rule: Rule, count: number, sample: CellValue | undefined): Issue {
  return {
    severity: "warning",
    code: "rule.time.unreadable",
    place: `rules/${rule.name}/rule.sql`,
    message: `${count} rows have no time that can be read in ${rule.timeColumn} (${String(sample).slice(0, 40)}).`,
    remedy: `Give ${rule.timeColumn} as a TIMESTAMP, and leave rows without one out.`,
  };
}

/** Hash of rows whatever their order. */
export function rowsHash(rowTexts: readonly string[]): string {
  return createHash("sha256")
    .update([...rowTexts].sort().join("\n"))
    .digest("hex");
}

/** The id of what a rule found: the same rule, version, entities and event time give the same id everywhere. */
export function detectionId(rule: Rule, entities: Readonly<Record<string, string>>, timeUs: bigint): string {
  const values = rule.entities.map(({ column }) => [column, entities[column] ?? ""]);
  return deterministicId("detection", rule.name, rule.version, values, timeUs);
}

/**
 * Turns a rule's result rows into detections. Rows that share entities and time are gathered under one id, in an
 * order that depends on nothing but the rows. A NULL entity is the empty text.
 */
export function detectionsOf(
  rule: Rule,
  rows: readonly Row[],
  range: TimeRange | null,
  origin: DetectionOrigin,
): DetectionSet {
  const gathered = new Map<string, Gathered>();
  let outsideCount = 0;
  let timelessCount = 0;
  let timelessSample: CellValue | undefined;
  for (const row of rows) {
    const time = row[rule.timeColumn];
    const timeUs = typeof time === "string" ? parseInstant(time) : null;
    if (timeUs === null) {
      timelessCount += 1;
      timelessSample ??= time;
      continue;
    }
    if (range !== null && (timeUs <= range.afterUs || timeUs > range.untilUs)) {
      outsideCount += 1;
      continue;
    }
    const entities = Object.fromEntries(rule.entities.map(({ column }) => [column, entityText(row[column])]));
    const id = detectionId(rule, entities, timeUs);
    const group = gathered.get(id) ?? { timeUs, entities, rows: [] };
    group.rows.push({ text: canonicalJson(row), row });
    gathered.set(id, group);
  }
  const detections = [...gathered].map(([id, group]): Detection => {
    group.rows.sort((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0));
    return {
      id,
      rule: rule.name,
      ruleVersion: rule.version,
      eventTimeUs: group.timeUs,
      entities: group.entities,
      rows: group.rows.map(({ row }) => row),
      rowsHash: rowsHash(group.rows.map(({ text }) => text)),
      stage: rule.stage,
      ...origin,
    };
  });
  detections.sort((left, right) =>
    left.eventTimeUs === right.eventTimeUs
      ? left.id < right.id
        ? -1
        : 1
      : left.eventTimeUs < right.eventTimeUs
        ? -1
        : 1,
  );
  const issues = timelessCount > 0 ? [timelessIssue(rule, timelessCount, timelessSample)] : [];
  return { detections, rowCount: rows.length, outsideCount, timelessCount, issues };
}

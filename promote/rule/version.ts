import { createHash } from "node:crypto";
import type { Rule } from "./rule.ts";

/** A rule's SQL in the form that is hashed and run: LF line ends, no blank space around it, no closing semicolon. */
export function normalSql(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replace(/^\uFEFF/, "")
    .replace(/[\s;]+$/, "")
    .trimStart();
}

/** The rule's version: the first 16 hex digits of SHA-256 over what decides its detections. */
export function ruleVersion(
  of: Pick<Rule, "sql" | "timeColumn" | "entities" | "lookbackMs" | "lookups">,
): string {
  const decides = [
    of.sql,
    of.timeColumn,
    of.entities.map(({ column, kind }) => [column, kind]),
    of.lookbackMs,
    ...(of.lookups === undefined || of.lookups.length === 0 ? [] : [[...of.lookups].sort()]),
  ];
  return createHash("sha256").update(JSON.stringify(decides)).digest("hex").slice(0, 16);
}

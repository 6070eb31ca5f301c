/** A sequence near which other events are missing, as SQL. Browser-safe: pure functions only. */

import { intervalSql } from "./interval-sql.ts";
import type { AbsenceSide, Shape, ShapeEvents } from "./shape.ts";
import { beforeNow, keyList, upToNow } from "./window-sql.ts";

/** A query in parts: what comes in WITH, and the SELECT after it. */
export interface QueryParts {
  readonly named: readonly string[];
  readonly select: string;
}

type Side = AbsenceSide | "between";

/** How far a row of such a sequence looks back: what lies before its first event, or a window more when its time is the end. */
export function withoutLookbackMs(side: Side, sequenceMs: number, windowMs: number): number {
  if (side === "between") return sequenceMs;
  return side === "before" ? Math.max(sequenceMs, 2 * windowMs) : sequenceMs + windowMs;
}

/**
 * The rows of a sequence (`found`) without the events of `absent` where `side` says. Both lie in one timeline, each row
 * of the sequence at the instant from which one looks back: at its first event, its last, or a window after its last.
 */
export function withoutSql(
  found: QueryParts,
  absent: string,
  shape: Extract<Shape, { kind: "sequence" }> & { readonly missing: ShapeEvents },
  first: string,
): string {
  const { by, missing, windowMs } = shape;
  const side = shape.side ?? "after";
  const keys = keyList(by);
  const later = `"_time" + ${intervalSql(windowMs)}`;
  const count = `count(*) FILTER (WHERE "_found" IS NULL)`;
  const looksBack: Record<Side, { readonly from: string; readonly lonely: string }> = {
    after: { from: later, lonely: `${count} OVER ${upToNow(by, windowMs)} < ${missing.minimumCount}` },
    around: { from: later, lonely: `${count} OVER ${upToNow(by, 2 * windowMs)} < ${missing.minimumCount}` },
    before: { from: first, lonely: `${count} OVER ${beforeNow(by, windowMs)} < ${missing.minimumCount}` },
    between: {
      from: '"_time"',
      lonely: `coalesce(max("_time") FILTER (WHERE "_found" IS NULL) OVER ${beforeNow(by, windowMs)} <= ${first}, true)`,
    },
  };
  const { from, lonely } = looksBack[side];
  return `WITH ${found.named.join(", ")}, "_found" AS (
${found.select.replaceAll(/^/gm, "  ")}
), "_absent" AS (
${absent}
), "_timeline" AS (
  SELECT ${from} AS "_time"${keys}, ${side === "before" ? '"_time"' : from} AS "_found", ${first}
  FROM "_found"
  UNION ALL
  SELECT "_time"${keys}, NULL, NULL
  FROM "_absent"
), "_lonely" AS (
  SELECT *, ${lonely} AS "_lonely"
  FROM "_timeline"
)
SELECT "_found" AS "_time"${keys}, ${first}
FROM "_lonely"
WHERE "_found" IS NOT NULL AND "_lonely"`;
}

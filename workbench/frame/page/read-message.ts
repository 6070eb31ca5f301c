/**
 * The page's check of every message of the frame. Cells are programs of people we do not trust: what has another shape
 * or is too large is no message.
 */
import * as v from "valibot";
import type { FrameMessage } from "../protocol.ts";

const LONGEST_TEXT = 200_000;
const LONGEST_SQL = 1_000_000;
const LONGEST_COPY = 64_000_000;
const MOST = 2000;

const text = v.pipe(v.string(), v.maxLength(LONGEST_TEXT));
const name = v.pipe(v.string(), v.maxLength(4000));
const id = v.pipe(v.string(), v.maxLength(200), v.regex(/^[\w.-]+$/));
const cell = v.pipe(v.number(), v.integer(), v.minValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const list = <S extends v.GenericSchema>(item: S) => v.pipe(v.array(item), v.maxLength(MOST));

const filter = v.variant("test", [
  v.object({ column: name, test: v.picklist(["in", "not in"]), values: list(v.nullable(text)) }),
  v.object({ column: name, test: v.literal("between"), from: v.nullable(text), until: v.nullable(text) }),
  v.object({ column: name, test: v.picklist(["contains", "not contains"]), text }),
]);
const sort = list(v.object({ column: name, descending: v.boolean() }));
const filters = list(filter);
const parameters = v.pipe(
  v.record(name, v.union([v.string(), v.number(), v.bigint(), v.boolean(), v.null()])),
  v.check((record) => Object.keys(record).length <= 10_000),
);
const sql = v.pipe(v.string(), v.maxLength(LONGEST_SQL));

const ask = v.variant("what", [
  v.object({ what: v.literal("state"), result: id }),
  v.object({
    what: v.literal("rows"),
    result: id,
    window: v.object({
      offset: count,
      limit: v.pipe(count, v.maxValue(1_000_000)),
      sort: v.exactOptional(sort),
      filters: v.exactOptional(filters),
      columns: v.exactOptional(list(name)),
    }),
  }),
  v.object({
    what: v.literal("summary"),
    result: id,
    body: v.object({ columns: list(name), filters: v.exactOptional(filters) }),
  }),
  v.object({
    what: v.literal("crossfilter"),
    body: v.object({ type: v.picklist(["arrow", "exec"]), sql }),
  }),
  v.object({ what: v.literal("entityValues"), entity: name, text: name }),
  v.object({ what: v.literal("riskModel") }),
  v.object({
    what: v.literal("export"),
    result: id,
    cell,
    body: v.object({
      format: v.picklist(["csv", "parquet", "arrow", "ndjson"]),
      sort: v.exactOptional(sort),
      filters: v.exactOptional(filters),
    }),
  }),
]);

const message = v.variant("kind", [
  v.object({ kind: v.literal("height"), id: cell, height: v.pipe(v.number(), v.finite()) }),
  v.object({ kind: v.literal("pending"), id: cell }),
  v.object({ kind: v.literal("fulfilled"), id: cell }),
  v.object({ kind: v.literal("stale"), id: cell }),
  v.object({
    kind: v.literal("rejected"),
    id: cell,
    message: v.pipe(
      v.string(),
      v.transform((long) => long.slice(0, 20_000)),
    ),
    place: v.nullable(
      v.union([v.object({ text: count, offset: count }), v.object({ line: count, column: count })]),
    ),
  }),
  v.object({ kind: v.literal("query"), query: id, cell, sql, parameters }),
  v.object({ kind: v.literal("abort"), query: id }),
  v.object({ kind: v.literal("openResult"), query: id, cell, sql, parameters, useKept: v.boolean() }),
  v.object({ kind: v.literal("cancelResult"), query: id }),
  v.object({ kind: v.literal("ask"), request: id, ask }),
  v.object({ kind: v.literal("pivot"), cell, column: name, type: name, value: v.nullable(text) }),
  v.object({ kind: v.literal("filterCell"), cell, filters }),
  v.object({
    kind: v.literal("pinRows"),
    cell,
    filters,
    sort,
    rows: v.nullable(v.object({ offset: count, count })),
  }),
  v.object({ kind: v.literal("copy"), text: v.pipe(v.string(), v.maxLength(LONGEST_COPY)) }),
  v.object({ kind: v.literal("open"), href: v.pipe(v.string(), v.maxLength(8000)) }),
  v.object({ kind: v.literal("key"), key: v.literal("save") }),
  v.object({ kind: v.literal("leave"), id: cell }),
  v.object({ kind: v.literal("pong"), at: v.number() }),
]);

/** The message, or null when it is none. */
export function readFrameMessage(data: unknown): FrameMessage | null {
  const parsed = v.safeParse(message, data);
  return parsed.success ? (parsed.output as FrameMessage) : null;
}

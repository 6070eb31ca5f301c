/** DuckDB's words that cannot stand as a name of a column or table where one is read. */
const RESERVED = new Set(
  `all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint binary bit boolean both by
  case cast char character check coalesce collate column concurrently constraint create cross dec decimal default deferrable
  desc describe distinct do else end except exists extract false fetch float for foreign freeze from full generated glob group
  grouping having ilike in initially inner inout int integer intersect interval into is isnull join lambda lateral leading
  left like limit map national natural nchar none not notnull null nullif numeric offset on only or order out outer over
  overlaps overlay pivot placing position positional precision primary qualify real references returning right row select
  semi setof show similar smallint some struct substring summarize symmetric table tablesample then time timestamp to trailing
  treat trim true try_cast union unique unpack unpivot user using values varchar variadic verbose when where window with`.split(
    /\s+/,
  ),
);

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name as SQL takes it: quoted where it must be. DuckDB finds plain names whatever their case. */
export function quotedName(name: string): string {
  return PLAIN_NAME.test(name) && !RESERVED.has(name.toLowerCase())
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}

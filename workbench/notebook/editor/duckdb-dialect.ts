import { SQLDialect } from "@codemirror/lang-sql";
import { foldService } from "@codemirror/language";
import { HUNT_FUNCTIONS } from "../../../notebooks/function/registry.ts";
import { isToken, sqlTokensOf } from "./sql-text.ts";

/** Functions that hunters call most, for colours alone: completion and hover know all of them. */
const COMMON_FUNCTIONS = `abs any_value approx_count_distinct arg_max arg_min array_agg avg ceil coalesce concat concat_ws contains
  count count_if date_diff date_part date_trunc dense_rank ends_with epoch epoch_ms epoch_us first floor greatest hash histogram
  ilike_escape json_extract json_extract_string lag last lead least left len length levenshtein list list_contains list_distinct
  list_filter list_sort list_transform ln log2 lower ltrim max md5 median min mode now ntile nullif parse_filename percent_rank
  quantile_cont rank regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace replace reverse right round
  row_number rtrim sha256 split_part starts_with stddev strftime string_agg string_split strlen strptime struct_extract
  struct_pack substring sum time_bucket to_timestamp trim unnest upper url_decode`;

/** The dialect parts its words at single spaces. */
function words(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

/** SQL as DuckDB reads it, for colours. */
export const duckDbDialect = SQLDialect.define({
  keywords:
    words(`all and anti any array as asc asof between by case cast collate columns cross current desc describe distinct else end
    escape except exclude exists extract false filter following for from full glob group grouping having ilike in inner intersect
    interval into is isnull join lambda lateral left like limit macro materialized natural not notnull null nulls offset on only
    or order outer over partition pivot positional preceding qualify range recursive replace right row rows sample select semi
    sets show similar summarize table tablesample then to true try try_cast unbounded union unpivot using values when where
    window with within`),
  builtin: words(`${HUNT_FUNCTIONS.map(({ name }) => name).join(" ")} ${COMMON_FUNCTIONS}`),
  types:
    "bigint blob boolean bit date decimal double enum float hugeint integer int json map real smallint struct text time timestamp timestamptz tinyint ubigint uhugeint uinteger usmallint utinyint uuid varchar",
  specialVar: "?",
  doubleDollarQuotedStrings: true,
  operatorChars: "+-*/<>=~!@#%^&|`?",
});

/** Parentheses that span lines fold to one. */
export const foldParentheses = foldService.of((state, from, to) => {
  const sql = state.doc.toString();
  const tokens = sqlTokensOf(sql);
  const open = tokens.findLastIndex((token) => token.from >= from && token.from < to && isToken(token, "("));
  if (open < 0) return null;
  let depth = 0;
  for (const token of tokens.slice(open)) {
    if (isToken(token, "(")) depth += 1;
    if (isToken(token, ")")) depth -= 1;
    if (depth === 0) return token.from > to ? { from: tokens[open]!.to, to: token.from } : null;
  }
  return null;
});

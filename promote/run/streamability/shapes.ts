import {
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../../notebooks/engine/syntax-tree.ts";
import { nodesBelow } from "../../rule/sql-tree.ts";
import { conjunctsOf, type QueryScope } from "./query-scope.ts";
import { boundsOf, isBounded, type TimeBound } from "./time-bounds.ts";

/** A shape that small slices cannot give exactly. */
export interface BatchShape {
  /** Stable: `lag`, `first-seen`, `one-sided-join`. */
  readonly code: string;
  /** What stands in the query, in a few words. */
  readonly shape: string;
  readonly reason: string;
  readonly remedy: string;
}

const MOVING: ReadonlySet<string> = new Set(["lag", "lead", "nth_value"]);
const RANKING: ReadonlySet<string> = new Set([
  "row_number",
  "rank",
  "dense_rank",
  "percent_rank",
  "cume_dist",
  "ntile",
]);
const AGGREGATES =
  /^(?:count|count_star|count_if|sum|fsum|min|max|avg|mean|median|mode|list|array_agg|string_agg|any_value|arbitrary|first|last|arg_min|arg_max|min_by|max_by|argmin|argmax|bool_or|bool_and|quantile\w*|stddev\w*|variance|var_\w+|entropy|approx_\w+|histogram|bit_\w+|product|skewness|kurtosis\w*|corr|covar_\w+|regr_\w+|mad)$/;
const BUCKETS = /^(?:time_bucket|date_trunc|datetrunc)$/;

function batch(code: string, shape: string, reason: string, remedy: string): BatchShape {
  return { code, shape, reason, remedy };
}

/** The code of the shape that no proof can outdo: nothing would wake the stream. */
export const RECORDED = "recorded";

/** Tables of what Spoor records: they hold no segments, and nothing comes into them that a stream could wait for. */
export function recordedShapes(names: readonly string[]): BatchShape[] {
  if (names.length === 0) return [];
  return [
    batch(
      RECORDED,
      `it reads \`${names.join("`, `")}\``,
      "Spoor records that itself, after the rules that it tells of have run: there are no arriving events to stream.",
      "Run as batch; what is recorded late reopens its slice.",
    ),
  ];
}

/** Windows that count rows, order otherwise than by time, or see all that came before. */
export function windowShapes(node: TreeNode, times: ReadonlySet<string>): BatchShape[] {
  if (textOf(node.class) !== "WINDOW") return [];
  const name = textOf(node.function_name).toLowerCase();
  if (MOVING.has(name))
    return [
      batch(
        "lag",
        `${name}()`,
        "The row before may lie any time back, outside of every lookback.",
        "Join the earlier event within a span of time, or run as batch.",
      ),
    ];
  if (RANKING.has(name))
    return [
      batch(
        "row-number",
        `${name}()`,
        "A place in an order changes with every event that a slice does not see.",
        "Count events in a RANGE window of time, or run as batch.",
      ),
    ];
  const [start, end] = [textOf(node.start), textOf(node.end)];
  if (/ROWS|GROUPS/.test(`${start} ${end}`))
    return [
      batch(
        "rows-frame",
        "a ROWS frame",
        "So many rows back may be any time back.",
        "Write RANGE BETWEEN INTERVAL ... PRECEDING, or run as batch.",
      ),
    ];
  const [order] = nodesOf(node.orders);
  if (order !== undefined && textOf(order.type) === "DESCENDING")
    return [
      batch(
        "descending-window",
        "a window in descending order",
        "What precedes a row in it is what comes later in time.",
        "Order the window by _time, ascending.",
      ),
    ];
  if (start === "UNBOUNDED_PRECEDING" || end === "UNBOUNDED_FOLLOWING" || order === undefined)
    return [
      batch(
        "unbounded-window",
        `${name}() over all that came before`,
        "It depends on the whole history, and a slice sees a part of it.",
        "Bound it: RANGE BETWEEN INTERVAL ... PRECEDING AND CURRENT ROW.",
      ),
    ];
  if (/FOLLOWING/.test(`${start} ${end}`))
    return [
      batch(
        "following-frame",
        "a frame that looks ahead",
        "A row waits for events that come after it.",
        "Give the row the time of the last event that it needs.",
      ),
    ];
  const ordered = isNode(order.expression) ? lastName(order.expression) : null;
  return ordered !== null && !times.has(ordered)
    ? [
        batch(
          "window-order",
          `a RANGE window by ${ordered}`,
          "Slices are cut by event time, and the window by something else.",
          "Order the window by _time.",
        ),
      ]
    : [];
}

function lastName(node: TreeNode): string | null {
  if (textOf(node.class) !== "COLUMN_REF" || !Array.isArray(node.column_names)) return null;
  return textOf(node.column_names.at(-1)).toLowerCase();
}

/** DISTINCT, top-N, ROLLUP, groups without a bucket of time, rarity, first seen. */
export function selectShapes(scope: QueryScope, times: ReadonlySet<string>): BatchShape[] {
  const { node } = scope;
  if (scope.relations.length === 0) return [];
  const found: BatchShape[] = [];
  for (const modifier of nodesOf(node.modifiers)) {
    const type = textOf(modifier.type);
    if (type === "DISTINCT_MODIFIER" && !scope.isExpression) found.push(distinctShape(modifier));
    if (/^LIMIT/.test(type) && !scope.isExpression)
      found.push(
        batch(
          "top-n",
          "LIMIT",
          "Every slice would keep its own first rows.",
          "Leave LIMIT out, or run as batch.",
        ),
      );
  }
  if (isNode(node.sample) || (isNode(node.from_table) && isNode(node.from_table.sample)))
    found.push(batch("sample", "a sample", "It gives other rows at every run.", "Leave it out."));
  const sets = Array.isArray(node.group_sets) ? node.group_sets : [];
  if (sets.length > 1)
    found.push(
      batch(
        "rollup",
        "ROLLUP, CUBE or GROUPING SETS",
        "Its totals are over everything that a slice sees.",
        "Group by the finest keys alone.",
      ),
    );
  else found.push(...groupShapes(scope, times));
  return found;
}

function distinctShape(modifier: TreeNode): BatchShape {
  return nodesOf(modifier.distinct_on_targets).length > 0
    ? batch(
        "first-seen",
        "DISTINCT ON",
        "Which row is the first of its key depends on the whole history.",
        "Run as batch.",
      )
    : batch(
        "distinct",
        "DISTINCT",
        "Whether a row is a repeat depends on what other slices held.",
        "Leave DISTINCT out: rows that share time and entities are one detection anyway.",
      );
}

function callsOf(value: TreeValue | undefined): string[] {
  const calls: string[] = [];
  const visit = (inner: TreeValue | undefined): void => {
    if (Array.isArray(inner)) for (const item of inner) visit(item);
    if (!isNode(inner) || ["SUBQUERY", "WINDOW"].includes(textOf(inner.class))) {
      if (isNode(inner) && textOf(inner.class) === "WINDOW") {
        visit(inner.children);
      }
      return;
    }
    if (textOf(inner.class) === "FUNCTION") calls.push(textOf(inner.function_name).toLowerCase());
    for (const child of Object.values(inner)) visit(child);
  };
  visit(value);
  return calls;
}

function windowless(value: TreeValue | undefined): TreeNode[] {
  return nodesOf(value).filter(
    (item) => ![...nodesBelow(item)].some(({ node }) => textOf(node.class) === "WINDOW"),
  );
}

function groupShapes(scope: QueryScope, times: ReadonlySet<string>): BatchShape[] {
  const { node } = scope;
  const groups = nodesOf(node.group_expressions);
  const calls = [...windowless(node.select_list).flatMap(callsOf), ...callsOf(node.having)];
  const aggregates = calls.filter((call) => AGGREGATES.test(call));
  const isAll = textOf(node.aggregate_handling) === "FORCE_AGGREGATES";
  if (groups.length === 0 && aggregates.length === 0 && !isAll) return [];
  // A correlated aggregate is judged by how its times are bound to the row's around it.
  if (scope.isExpression && groups.length === 0 && isBoundToOuter(scope, times)) return [];
  const items = nodesOf(node.select_list);
  const written = groups.map((group) => resolvedGroup(group, items));
  const offset = written.find((group) => isOffsetBucket(group));
  if (offset !== undefined)
    return [
      batch(
        "bucket-origin",
        "time_bucket with an origin",
        "Where the buckets begin is set apart from the slices, and they may be cut by them.",
        "Leave the origin out.",
      ),
    ];
  const timed = written.some(
    (group) => isBucket(group, times) || (lastName(group) !== null && times.has(lastName(group)!)),
  );
  const byAll = isAll && items.some((item) => isBucket(item, times) || times.has(lastName(item) ?? ""));
  if (timed || byAll) return [];
  const counts = callsOf(node.having);
  const least = [...nodesBelow(node.having)].some(({ node: part }) =>
    /^COMPARE_(?:LESSTHAN|EQUAL)/.test(textOf(part.type)),
  );
  if (least && counts.some((call) => AGGREGATES.test(call)))
    return [
      batch(
        "rarity",
        "values that are rare in the whole history",
        "What is rare is known once all of it has been seen, and stops being rare later.",
        "Run as batch.",
      ),
    ];
  if (aggregates.some((call) => /^(?:min|first|arg_min|min_by|argmin)$/.test(call)) && counts.length === 0)
    return [
      batch(
        "first-seen",
        "the first of each group in the whole history",
        "Whether it is the first depends on everything before, however long ago.",
        "Run as batch.",
      ),
    ];
  return [
    batch(
      "unbounded-group",
      groups.length === 0 ? "one figure over everything" : "groups without a bucket of time",
      "The figures are over the whole history, and a slice sees a part of it.",
      "Group by time_bucket(INTERVAL ..., _time) too, or use a RANGE window.",
    ),
  ];
}

/** `GROUP BY 1` and `GROUP BY bucket` as what they stand for in the SELECT. */
function resolvedGroup(group: TreeNode, items: readonly TreeNode[]): TreeNode {
  const place = isNode(group.value) && typeof group.value.value === "number" ? group.value.value : null;
  if (textOf(group.class) === "CONSTANT" && place !== null) return items[place - 1] ?? group;
  const name = lastName(group);
  return items.find((item) => name !== null && textOf(item.alias).toLowerCase() === name) ?? group;
}

function isBucket(node: TreeNode, times: ReadonlySet<string>): boolean {
  return [...nodesBelow(node)].some(
    ({ node: part }) =>
      BUCKETS.test(textOf(part.function_name)) &&
      [...nodesBelow(part)].some(({ node: inner }) => times.has(lastName(inner) ?? "")),
  );
}

function isOffsetBucket(node: TreeNode): boolean {
  return [...nodesBelow(node)].some(
    ({ node: part }) => textOf(part.function_name) === "time_bucket" && nodesOf(part.children).length > 2,
  );
}

function boundsIn(scope: QueryScope, times: ReadonlySet<string>): TimeBound[] {
  const own = conjunctsOf(scope).flatMap((condition) => boundsOf(condition, times));
  const [only] = scope.relations;
  // Inside a subquery a time without a name is the subquery's own.
  return scope.relations.length === 1 && only !== undefined
    ? own.map(({ left, right }) => ({ left: left || only, right: right || only }))
    : own;
}

function isBoundToOuter(scope: QueryScope, times: ReadonlySet<string>): boolean {
  const { outer } = scope;
  if (outer === null) return false;
  const bounds = boundsIn(scope, times);
  return scope.relations.some((mine) => outer.relations.some((theirs) => isBounded(bounds, mine, theirs)));
}

/** Relations that nothing keeps near each other in time; empty when all are. */
function unboundPair(relations: readonly string[], bounds: readonly TimeBound[]): readonly string[] {
  const [first] = relations;
  if (first === undefined) return [];
  const reached = new Set([first]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of relations) {
      if (reached.has(one) || ![...reached].some((known) => isBounded(bounds, known, one))) continue;
      reached.add(one);
      grown = true;
    }
  }
  const left = relations.find((one) => !reached.has(one));
  return left === undefined ? [] : [first, left];
}

/** Joins of events that are not bound in time on both sides, and ASOF. */
export function joinShapes(scope: QueryScope, times: ReadonlySet<string>): BatchShape[] {
  const joins = [...nodesBelow(scope.node.from_table)].filter(({ node }) => textOf(node.type) === "JOIN");
  if (joins.some(({ node }) => textOf(node.ref_type) === "ASOF"))
    return [
      batch(
        "asof",
        "ASOF JOIN",
        "The nearest earlier event may lie any time back.",
        "Join within a span of time instead, or run as batch.",
      ),
    ];
  if (scope.relations.length < 2) return [];
  const bounds = boundsIn(scope, times);
  const [one, other] = unboundPair(scope.relations, bounds);
  if (one === undefined || other === undefined) return [];
  const half = bounds.some(({ left, right }) => left !== right);
  return [
    batch(
      "one-sided-join",
      `a join of ${one} and ${other}`,
      half
        ? "Their times are bound on one side alone: the other event may lie any time away."
        : "Nothing bounds how far apart in time their events may be.",
      "Bound both sides: b._time BETWEEN a._time - INTERVAL ... AND a._time.",
    ),
  ];
}

/** Subqueries in conditions: baselines of all history, and correlated ones that time does not bound. */
export function subqueryShapes(scope: QueryScope, times: ReadonlySet<string>): BatchShape[] {
  if (!scope.isExpression || scope.relations.length === 0 || scope.outer === null) return [];
  if (isBoundToOuter(scope, times)) return [];
  const outerNames = new Set(scope.outer.relations);
  const correlated = [...nodesBelow(scope.node)].some(
    ({ node }) =>
      textOf(node.class) === "COLUMN_REF" &&
      Array.isArray(node.column_names) &&
      node.column_names.length > 1 &&
      outerNames.has(textOf(node.column_names[0]).toLowerCase()) &&
      !scope.relations.includes(textOf(node.column_names[0]).toLowerCase()),
  );
  return correlated
    ? [
        batch(
          "correlated-subquery",
          "a subquery about each row",
          "It looks at other events without a bound in time on both sides.",
          "Bound it: other._time BETWEEN mine._time - INTERVAL ... AND mine._time.",
        ),
      ]
    : [
        batch(
          "baseline",
          "a comparison with all that a subquery finds",
          "What counts as known is the whole history, and a slice sees a part of it.",
          "Compare with a lookup, or run as batch.",
        ),
      ];
}

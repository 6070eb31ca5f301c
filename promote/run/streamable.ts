import { isNode, nodesOf, type TreeNode, textOf } from "../../notebooks/engine/syntax-tree.ts";
import { ROW_JOINING_FUNCTIONS } from "../../notebooks/function/registry.ts";
import { intervalMs } from "../rule/interval.ts";
import type { Rule } from "../rule/rule.ts";
import { nodesBelow } from "../rule/sql-tree.ts";
import { type QueryScope, scopesOf } from "./streamability/query-scope.ts";
import {
  type BatchShape,
  joinShapes,
  recordedShapes,
  selectShapes,
  subqueryShapes,
  windowShapes,
} from "./streamability/shapes.ts";
import { timeNames } from "./streamability/time-bounds.ts";

/** What reading a rule's SQL proposes. Only a replay decides. */
export interface Streamability {
  readonly mode: "stream" | "batch";
  /** Why not as a stream, each shape once; empty for `stream`. */
  readonly shapes: readonly BatchShape[];
  /** In one sentence, for `run.reason` of a batch rule and for the page. */
  readonly reason: string;
  /**
   * How far back the windows, buckets and joins of the SQL reach, milliseconds; null where nothing says so. A batch query
   * of an unbounded shape looks back over all history, whatever spans it names: those are thresholds.
   */
  readonly lookbackMs: number | null;
}

/** A lookback that covers all history that a lake keeps: where nothing says how far back a row may look. */
export const ALL_HISTORY_MS = 3650 * 86_400_000;
/** Shapes that say nothing of how far back a query looks. */
const NOT_OF_REACH: ReadonlySet<string> = new Set(["clock", "random", "renamed-time"]);

const CLOCK_WORDS: ReadonlySet<string> = new Set([
  "now",
  "today",
  "current_timestamp",
  "current_date",
  "current_time",
  "get_current_timestamp",
  "transaction_timestamp",
  "localtimestamp",
  "localtime",
  "age",
]);
const RANDOM: ReadonlySet<string> = new Set(["random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7"]);

/**
 * Reads a rule's parse tree and proposes how it should run: the shapes that are known not to come out of slices are
 * named, with a reason and a way out. `lookups` are datasets without events in time, `recorded` the tables that it reads of
 * what Spoor records. Pure; it may be wrong both ways, which is why a stream also needs its replay proof.
 */
export function readStreamability(
  rule: Pick<Rule, "timeColumn">,
  tree: TreeNode,
  lookups: ReadonlySet<string> = new Set(),
  recorded: readonly string[] = [],
): Streamability {
  const [statement] = nodesOf(tree.statements);
  if (statement === undefined) throw new RangeError("The tree holds no statement.");
  const scopes = scopesOf(statement, { lookups: new Set([...lookups].map((name) => name.toLowerCase())) });
  const times = timeNames(tree);
  const found = [
    ...recordedShapes(recorded),
    ...[...nodesBelow(tree.statements)].flatMap(({ node }) => [
      ...clockShapes(node),
      ...setShapes(node),
      ...windowShapes(node, times),
    ]),
    ...scopes.flatMap((scope) => [
      ...selectShapes(scope, times),
      ...joinShapes(scope, times),
      ...subqueryShapes(scope, times),
    ]),
    ...timeShapes(rule, scopes, times),
  ];
  const shapes = found.filter((shape, at) => found.findIndex(({ code }) => code === shape.code) === at);
  const [first] = shapes;
  return {
    mode: first === undefined ? "stream" : "batch",
    shapes,
    reason: first === undefined ? "" : `${capital(first.shape)}: ${first.reason}`,
    lookbackMs: shapes.some(({ code }) => !NOT_OF_REACH.has(code))
      ? ALL_HISTORY_MS
      : (lookbackOf(scopes) ?? (first === undefined ? null : ALL_HISTORY_MS)),
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function calledName(node: TreeNode): string {
  if (textOf(node.class) === "FUNCTION") return textOf(node.function_name).toLowerCase();
  const names = Array.isArray(node.column_names) ? node.column_names : [];
  return names.length === 1 ? textOf(names[0]).toLowerCase() : "";
}

function clockShapes(node: TreeNode): BatchShape[] {
  const name = calledName(node);
  if (CLOCK_WORDS.has(name))
    return [
      {
        code: "clock",
        shape: `${name}`,
        reason: "It asks the clock, so that the same events give another answer later.",
        remedy: "Take times from the events; the runner bounds what is seen.",
      },
    ];
  if (RANDOM.has(name))
    return [
      {
        code: "random",
        shape: name,
        reason: "It gives another answer at every run.",
        remedy: "Leave it out.",
      },
    ];
  if (ROW_JOINING_FUNCTIONS.has(name) && textOf(node.class) !== "WINDOW")
    return [
      {
        code: "row-joining",
        shape: `${name}()`,
        reason: "It brings rows together without a bound in time that can be read here.",
        remedy: "Run as batch, or let the replay show that it streams.",
      },
    ];
  return [];
}

function setShapes(node: TreeNode): BatchShape[] {
  if (textOf(node.type) === "RECURSIVE_CTE_NODE")
    return [
      {
        code: "recursive",
        shape: "a recursive query",
        reason: "How far back it reaches is not bounded.",
        remedy: "Run as batch.",
      },
    ];
  const kind = textOf(node.setop_type);
  if (kind === "EXCEPT" || kind === "INTERSECT")
    return [
      {
        code: "baseline",
        shape: kind,
        reason: "It compares with everything that the other query finds in the whole history.",
        remedy: "Join within a span of time instead, or run as batch.",
      },
    ];
  return kind === "UNION" && node.setop_all === false
    ? [
        {
          code: "distinct",
          shape: "UNION",
          reason: "It leaves out repeats, and what is one depends on other slices.",
          remedy: "Write UNION ALL: rows that share time and entities are one detection anyway.",
        },
      ]
    : [];
}

/** The rule's time must be the event's: slices are cut by it. */
function timeShapes(
  rule: Pick<Rule, "timeColumn">,
  scopes: readonly QueryScope[],
  times: ReadonlySet<string>,
): BatchShape[] {
  const outermost = scopes.find(({ outer, isExpression }) => outer === null && !isExpression);
  const items = nodesOf(outermost?.node.select_list);
  const wanted = rule.timeColumn.toLowerCase();
  const item = items.find(
    (one) => (textOf(one.alias) || lastName(one)).toLowerCase() === wanted && textOf(one.class) !== "STAR",
  );
  if (item === undefined) return [];
  const fromEvent = [...nodesBelow(item)].some(
    ({ node }) => times.has(lastName(node)) && lastName(node) !== "",
  );
  const alias = textOf(item.alias).toLowerCase();
  const isCircular = lastName(item) === alias && alias !== "_time" && !times.has(alias);
  return fromEvent && !isCircular
    ? []
    : [
        {
          code: "renamed-time",
          shape: `the time ${rule.timeColumn} is not made from _time`,
          reason: "Slices are cut by event time, and the rows have another.",
          remedy: "Select _time, or max(_time) of a group.",
        },
      ];
}

function lastName(node: TreeNode): string {
  if (textOf(node.class) !== "COLUMN_REF" || !Array.isArray(node.column_names)) return "";
  return textOf(node.column_names.at(-1)).toLowerCase();
}

/** The longest span of each SELECT, and those of SELECTs that may build on each other together. */
function lookbackOf(scopes: readonly QueryScope[]): number | null {
  const longest = scopes.map(({ node }) => {
    const spans: number[] = [];
    collectSpans(node, spans);
    return Math.max(0, ...spans.map(Math.abs));
  });
  const total = longest.reduce((sum, span) => sum + span, 0);
  return total === 0 ? null : total;
}

function collectSpans(node: TreeNode, spans: number[]): void {
  const span = intervalMs(node);
  if (span !== null) {
    spans.push(span);
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === "cte_map") continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      // SELECTs inside have their own turn.
      if (isNode(child) && textOf(child.type) !== "SELECT_NODE" && textOf(child.type) !== "SUBQUERY")
        collectSpans(child, spans);
    }
  }
}

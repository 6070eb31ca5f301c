import {
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../notebooks/engine/syntax-tree.ts";

const SECOND_MS = 1000;
const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:us|usecs?|microseconds?)$/, 0.001],
  [/^(?:ms|msecs?|milliseconds?)$/, 1],
  [/^(?:s|secs?|seconds?)$/, SECOND_MS],
  [/^(?:m|mins?|minutes?)$/, 60 * SECOND_MS],
  [/^(?:h|hrs?|hours?)$/, 3600 * SECOND_MS],
  [/^(?:d|days?)$/, 86_400 * SECOND_MS],
  [/^(?:w|weeks?)$/, 7 * 86_400 * SECOND_MS],
  [/^(?:mons?|months?)$/, 31 * 86_400 * SECOND_MS],
  [/^(?:y|yrs?|years?)$/, 366 * 86_400 * SECOND_MS],
];

function unitMs(unit: string): number | null {
  return UNIT_MS.find(([pattern]) => pattern.test(unit.toLowerCase()))?.[1] ?? null;
}

/** Milliseconds of an interval's text (`5 minutes`, `1 hour 30 min`, `00:05:00`); months and years at their longest. */
function intervalTextMs(text: string): number | null {
  const clock = /^\s*(-?)(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?\s*$/.exec(text);
  if (clock !== null) {
    const [, sign, hours, minutes, seconds = "0"] = clock;
    const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND_MS;
    return sign === "-" ? -ms : ms;
  }
  let total = 0;
  let rest = text.trim();
  if (rest === "") return null;
  while (rest !== "") {
    const part = /^(-?\d+(?:\.\d+)?)\s*([a-z]+)[\s,]*/i.exec(rest);
    const ms = part === null ? null : unitMs(part[2]!);
    if (part === null || ms === null) return null;
    total += Number(part[1]) * ms;
    rest = rest.slice(part[0].length);
  }
  return total;
}

function numberOf(value: TreeValue | undefined): number | null {
  if (!isNode(value)) return null;
  if (textOf(value.class) === "CAST") return numberOf(value.child);
  if (textOf(value.function_name) === "trunc") return numberOf(nodesOf(value.children)[0]);
  if (textOf(value.class) !== "CONSTANT" || !isNode(value.value)) return null;
  const { value: inner } = value.value;
  const number = typeof inner === "string" ? Number(inner) : inner;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** Milliseconds of an expression that is a span by its form; null where it is none or its length is not written in it. */
export function intervalMs(node: TreeNode): number | null {
  const name = textOf(node.function_name);
  const [left, right] = nodesOf(node.children);
  if (textOf(node.class) === "CAST") {
    const type = isNode(node.cast_type) ? textOf(node.cast_type.id) : "";
    const child = node.child;
    if (type !== "INTERVAL" || !isNode(child) || !isNode(child.value)) return null;
    return typeof child.value.value === "string" ? intervalTextMs(child.value.value) : null;
  }
  if (name.startsWith("to_")) {
    const [unit, number] = [unitMs(name.slice(3)), numberOf(left)];
    return unit === null || number === null ? null : unit * number;
  }
  if ((name === "*" || name === "/") && left !== undefined && right !== undefined) {
    const [span, factor] = [intervalMs(left), numberOf(right)];
    if (span === null || factor === null || factor === 0) return null;
    return name === "*" ? span * factor : span / factor;
  }
  return null;
}

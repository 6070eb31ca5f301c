import { nodesOf, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { expressionText } from "./expression-text.ts";
import {
  conjunctionOver,
  isInCondition,
  type Place,
  textConstant,
  type Variant,
  withText,
} from "./variant.ts";

const LIKES: ReadonlySet<string> = new Set(["~~", "~~*", "!~~", "!~~*"]);
const REGEXES: ReadonlySet<string> = new Set(["regexp_matches", "regexp_full_match"]);
/** Functions that ask where in a text another stands, and one that asks it elsewhere. */
const PLACED: Readonly<Record<string, string>> = {
  contains: "starts_with",
  starts_with: "contains",
  "^@": "contains",
  prefix: "contains",
  ends_with: "contains",
  suffix: "contains",
};
const FLAGS = /^\(\?[a-zA-Z-]+\)/;

/** LIKE anchored and loosened, patterns that match another text. */
export function patternVariants(place: Place): Variant[] {
  const { node, path } = place;
  if (!isInCondition(place) || textOf(node.class) !== "FUNCTION") return [];
  const name = textOf(node.function_name);
  const children = nodesOf(node.children);
  const pattern = children[1];
  const text = textConstant(pattern);
  if (pattern === undefined || text === null) return [];
  const variant = (kind: Variant["kind"], by: TreeNode): Variant => ({
    kind,
    what: `${expressionText(node)} becomes ${expressionText(by)}`,
    path,
    by,
    changed: node,
  });
  const withPattern = (other: string): TreeNode => ({
    ...node,
    children: children.map((child, at) => (at === 1 ? withText(pattern, other) : child)),
  });
  const found: Variant[] = [];
  if (LIKES.has(name)) {
    found.push(variant("pattern", withPattern(movedLike(text))));
    if (conjunctionOver(place) !== "or") found.push(variant("literal", withPattern(otherLike(text))));
  } else if (REGEXES.has(name)) {
    if (name === "regexp_matches") found.push(variant("pattern", withPattern(movedRegex(text))));
    if (conjunctionOver(place) !== "or") found.push(variant("literal", withPattern(otherRegex(text))));
  } else if (PLACED[name] !== undefined) {
    found.push(variant("pattern", { ...node, function_name: PLACED[name], is_operator: false }));
    if (conjunctionOver(place) !== "or") found.push(variant("literal", withPattern(`${text}~`)));
  }
  return found;
}

/** `%x%` comes to stand at the start alone; what is anchored may stand anywhere. */
function movedLike(pattern: string): string {
  const opens = pattern.startsWith("%");
  const closes = pattern.endsWith("%");
  if (opens && closes && pattern.length > 1) return pattern.slice(1);
  if (opens) return `${pattern}%`;
  return closes ? `%${pattern}` : `${pattern}%`;
}

/** The pattern with one more character where its text ends. */
function otherLike(pattern: string): string {
  const end = pattern.replace(/%+$/, "").length;
  return `${pattern.slice(0, end)}~${pattern.slice(end)}`;
}

function movedRegex(pattern: string): string {
  const flags = FLAGS.exec(pattern)?.[0] ?? "";
  const rest = pattern.slice(flags.length);
  return rest.startsWith("^") ? `${flags}${rest.slice(1)}` : `${flags}^(?:${rest})`;
}

function otherRegex(pattern: string): string {
  const flags = FLAGS.exec(pattern)?.[0] ?? "";
  return `${flags}(?:${pattern.slice(flags.length)})~~`;
}

import { isMap, isScalar, type Node, parseDocument, type YAMLMap } from "yaml";
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { parseRiskModel } from "../model-file/model-file.ts";
import type { InputKind } from "./elicited-input.ts";

export interface PooledValue {
  readonly low: number;
  readonly high: number;
  readonly cap: number | null;
  readonly author: string;
  /** ISO day. */
  readonly date: string;
  readonly source: string;
}

const KEYS: Readonly<Record<Exclude<InputKind, "coverage">, readonly [list: string, key: string]>> = {
  frequency: ["scenarios", "frequency"],
  severity: ["scenarios", "magnitude"],
  cost: ["sources", "costUsdPerYear"],
  p: ["detections", "p"],
  h: ["detections", "h"],
  alerts: ["detections", "alertsPerYear"],
  minutes: ["detections", "triageMinutes"],
};

/**
 * The model file with one input set to a pooled interval. Only the text of that value changes: comments, order and spaces
 * of everything else stay. Issues when the input is not in the file, or when the file would not be read as before.
 */
export function withInterval(yaml: string, place: string, input: string, value: PooledValue): Parsed<string> {
  const path = pathOf(yaml, input);
  if (path === null)
    return failed(
      "missing",
      place,
      `The file has no input ${input}.`,
      "Choose an input of the model as it is now.",
    );
  return withValue(yaml, place, path, {
    interval: ends(value),
    ...(value.cap === null ? {} : { cap: rounded(value.cap) }),
    origin: "elicited",
    author: value.author,
    date: value.date,
    source: value.source,
  });
}

/** The model file with `settings.intervalHitRate` set, 0.05 to 0.999. */
export function withHitRate(yaml: string, place: string, hitRate: number): Parsed<string> {
  return withValue(yaml, place, ["settings", "intervalHitRate"], Math.round(hitRate * 1000) / 1000);
}

function withValue(
  yaml: string,
  place: string,
  path: readonly (string | number)[],
  value: unknown,
): Parsed<string> {
  const document = parseDocument(yaml, { prettyErrors: false });
  const root = document.contents;
  if (document.errors.length > 0 || !isMap(root))
    return failed("yaml", place, "The file is not YAML.", "Mend its syntax first.");
  const text = flow(value);
  const old = document.getIn(path, true) as Node | undefined;
  const parent = document.getIn(path.slice(0, -1), true);
  const key = String(path.at(-1));
  const changed = old?.range
    ? replaced(yaml, old.range, text)
    : isMap(parent)
      ? added(yaml, parent as YAMLMap, `${key}: ${text}`)
      : path.length === 2
        ? `${path[0]}:\n  ${key}: ${text}\n\n${yaml}`
        : null;
  if (changed === null)
    return failed("place", place, `There is no place for ${path.join(".")}.`, "Write it by hand once.");
  const wanted = withSet(JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }))), path, value);
  const after = parseDocument(changed, { prettyErrors: false });
  if (after.errors.length > 0 || canonical(after.toJS({ maxAliasCount: 100 })) !== canonical(wanted))
    return failed(
      "anchor",
      place,
      `${path.join(".")} cannot be changed alone: other places of the file refer to it.`,
      "Write its value out where it stands, without anchors.",
    );
  const parsed = parseRiskModel(changed, place);
  return parsed.ok ? { ok: true, value: changed, issues: parsed.issues } : parsed;
}

/** The plain value with one place of it set; mappings on the way are made. */
function withSet(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const node = root as Record<string | number, unknown> | null;
  if (Array.isArray(node)) return node.map((one, i) => (i === key ? withSet(one, rest, value) : one));
  return { ...node, [key]: withSet(node?.[key] ?? null, rest, value) };
}

/** Where the input stands in the file, found by ids. */
function pathOf(yaml: string, input: string): (string | number)[] | null {
  const root = parseDocument(yaml).toJS({ maxAliasCount: 100 }) as Record<string, unknown> | null;
  const colon = input.indexOf(":");
  const [kind, id] = [input.slice(0, colon), input.slice(colon + 1)];
  const indexIn = (list: string, wanted: string): number => {
    const entries = root?.[list];
    if (!Array.isArray(entries)) return -1;
    return entries.findIndex((entry: { id?: unknown } | null) => String(entry?.id) === wanted);
  };
  if (kind === "coverage") {
    const slash = id.indexOf("/");
    const source = indexIn("sources", id.slice(0, slash));
    return source < 0 ? null : ["sources", source, "coverage", id.slice(slash + 1)];
  }
  if (!Object.hasOwn(KEYS, kind)) return null;
  const [list, key] = KEYS[kind as keyof typeof KEYS];
  const index = indexIn(list, id);
  return index < 0 ? null : [list, index, key];
}

function replaced(yaml: string, range: readonly [number, number, number], text: string): string {
  const [from, until] = range;
  const inside = yaml.slice(from, until);
  const kept = inside.slice(inside.trimEnd().length);
  // An empty value stands right behind its colon.
  const space = from > 0 && yaml[from - 1] === ":" ? " " : "";
  return `${yaml.slice(0, from)}${space}${text}${kept}${yaml.slice(until)}`;
}

/** A new pair behind the first pair of the mapping. */
function added(yaml: string, parent: YAMLMap, pair: string): string | null {
  const first = parent.items[0];
  const key = first?.key as Node | undefined;
  const value = first?.value as Node | undefined;
  if (!key?.range || !value?.range || !isScalar(value)) {
    if (!parent.flow || !parent.range) return key?.range ? before(yaml, key.range[0], pair) : null;
    const open = parent.range[0] + 1;
    return `${yaml.slice(0, open)} ${pair}${parent.items.length > 0 ? "," : " "}${yaml.slice(open)}`;
  }
  const end = value.range[1];
  if (parent.flow) return `${yaml.slice(0, end)}, ${pair}${yaml.slice(end)}`;
  const lineEnd = yaml.indexOf("\n", end);
  const column = key.range[0] - (yaml.lastIndexOf("\n", key.range[0] - 1) + 1);
  const at = lineEnd < 0 ? yaml.length : lineEnd;
  return `${yaml.slice(0, at)}\n${" ".repeat(column)}${pair}${yaml.slice(at)}`;
}

function before(yaml: string, at: number, pair: string): string {
  const column = at - (yaml.lastIndexOf("\n", at - 1) + 1);
  return `${yaml.slice(0, at)}${pair}\n${" ".repeat(column)}${yaml.slice(at)}`;
}

/** A value on one line, as YAML reads it: `{ interval: [0.1, 2], author: "dana, lee" }`. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const pairs = Object.entries(value).map(([key, one]) => `${key}: ${flow(one)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  const plain =
    /^[A-Za-z][A-Za-z0-9 ._-]*[A-Za-z0-9]$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value);
  return plain || /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : JSON.stringify(value);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Three figures, or all of them where three would close the interval or make a probability certain. */
function ends({ low, high }: PooledValue): [number, number] {
  const short: [number, number] = [rounded(low), rounded(high)];
  return short[0] < short[1] && !(high < 1 && short[1] >= 1) ? short : [low, high];
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one !== null && typeof one === "object" && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1)))
      : one,
  );
}

function failed(
  code: string,
  place: string,
  message: string,
  remedy: string,
): { ok: false; issues: Issue[] } {
  return { ok: false, issues: [{ severity: "error", code: `risk.edit.${code}`, place, message, remedy }] };
}

import type { Issue } from "../../../../connectors/issue/issue.ts";
import { shown, type YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import { whyCostly } from "./pattern-effort.ts";

type Scalar = string | number | boolean;

/**
 * Reads one map of a Sigma document whose values may be of several types. Reading a key counts as knowing it: `unknown`
 * tells the rest. Every reader gives its default where the key is absent or wrong.
 */
export class TreeReader {
  readonly #map: ReadonlyMap<string, YamlTree>;
  readonly #issues: Issue[];
  readonly #place: string;
  readonly #asked = new Set<string>();
  readonly #prefix: string;
  readonly line: number;

  constructor(tree: YamlTree, place: string, issues: Issue[], prefix = "sigma.pipeline") {
    this.#map = tree.kind === "map" ? tree.entries : new Map();
    this.#issues = issues;
    this.#place = place;
    this.#prefix = prefix;
    this.line = tree.line;
    if (tree.kind !== "map")
      this.report("error", "shape", "This is no list of `key: value` lines.", "Write keys and values.");
  }

  get issues(): Issue[] {
    return this.#issues;
  }

  get place(): string {
    return this.#place;
  }

  report(severity: Issue["severity"], code: string, message: string, remedy: string, key?: string): void {
    const line = (key === undefined ? undefined : this.#map.get(key)?.line) ?? this.line;
    const place = `${this.#place}:${line}`;
    this.#issues.push({ severity, code: `${this.#prefix}.${code}`, place, message, remedy });
  }

  pass(...keys: readonly string[]): void {
    for (const key of keys) this.#asked.add(key);
  }

  tree(key: string): YamlTree | null {
    this.#asked.add(key);
    const value = this.#map.get(key);
    return value === undefined || (value.kind === "scalar" && value.value === null) ? null : value;
  }

  has(key: string): boolean {
    return this.#map.has(key);
  }

  scalar(key: string): Scalar | null {
    const tree = this.tree(key);
    if (tree === null) return null;
    if (tree.kind === "scalar") return tree.value;
    this.report(
      "error",
      "value",
      `\`${key}\` is a list or a map where one value is meant.`,
      "Give one value.",
      key,
    );
    return null;
  }

  text(key: string, otherwise: string): string {
    const value = this.scalar(key);
    return value === null ? otherwise : String(value);
  }

  number(key: string, otherwise: number): number {
    const value = this.scalar(key);
    if (value === null) return otherwise;
    if (typeof value === "number") return value;
    this.report("error", "value", `\`${key}\` is no number.`, "Give a number.", key);
    return otherwise;
  }

  flag(key: string): boolean {
    const value = this.scalar(key);
    if (value === null) return false;
    if (typeof value === "boolean") return value;
    this.report("error", "value", `\`${key}\` is neither true nor false.`, "Write true or false.", key);
    return false;
  }

  choice<T extends string>(key: string, otherwise: T, choices: readonly T[]): T {
    const value = this.text(key, otherwise);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    this.report(
      "error",
      "value",
      `\`${key}\` is \`${shown(value)}\`, which is not known here.`,
      `Choose one of ${choices.join(", ")}.`,
      key,
    );
    return otherwise;
  }

  /** Texts of a list; one value counts as a list of one, a number as its digits. */
  texts(key: string): string[] {
    const tree = this.tree(key);
    if (tree === null) return [];
    const items = tree.kind === "list" ? tree.items : [tree];
    return items.flatMap((item) => {
      if (item.kind === "scalar" && item.value !== null) return [String(item.value)];
      this.report("error", "value", `An entry of \`${key}\` is no text.`, "Write texts.", key);
      return [];
    });
  }

  /** The maps of a list, or of a map by name, each with a reader of its own. */
  items(key: string): TreeReader[] {
    return this.named(key).map(({ reader }) => reader);
  }

  named(key: string): { readonly name: string; readonly reader: TreeReader }[] {
    const tree = this.tree(key);
    if (tree === null) return [];
    const entries: readonly (readonly [string, YamlTree])[] =
      tree.kind === "list"
        ? tree.items.map((item, index) => [String(index), item])
        : tree.kind === "map"
          ? [...tree.entries]
          : [];
    if (tree.kind === "scalar")
      this.report("error", "value", `\`${key}\` is no list.`, "Begin every entry with `- `.", key);
    return entries.map(([name, item]) => ({
      name,
      reader: new TreeReader(item, this.#place, this.#issues, this.#prefix),
    }));
  }

  /** Names with one or several texts each. */
  mapping(key: string): Map<string, string[]> {
    const tree = this.tree(key);
    const found = new Map<string, string[]>();
    if (tree === null || tree.kind !== "map") {
      this.report(
        "error",
        "value",
        `\`${key}\` is no map.`,
        `Write \`${key}:\` with \`from: to\` lines.`,
        key,
      );
      return found;
    }
    for (const [name, value] of tree.entries) {
      const items = value.kind === "list" ? value.items : [value];
      const texts = items.flatMap((item) =>
        item.kind === "scalar" && item.value !== null ? [String(item.value)] : [],
      );
      if (texts.length < items.length || texts.length === 0)
        this.report(
          "error",
          "value",
          `\`${shown(name)}\` of \`${key}\` has no text.`,
          "Write a text or a list.",
          key,
        );
      found.set(name, texts);
    }
    return found;
  }

  pattern(key: string): RegExp {
    const text = this.text(key, "");
    const read = readPattern(text);
    if (read instanceof RegExp) return read;
    this.report(
      "error",
      "regex",
      `\`${shown(text)}\` is no regular expression for here: ${shown(read)}.`,
      "Correct it.",
      key,
    );
    return /(?!)/g;
  }

  /** Tells keys that nobody asked for. */
  unknown(severity: Issue["severity"]): void {
    for (const [key, tree] of this.#map) {
      if (this.#asked.has(key)) continue;
      this.#issues.push({
        severity,
        code: `${this.#prefix}.unknown`,
        place: `${this.#place}:${tree.line}`,
        message: `\`${shown(key)}\` is not known here.`,
        remedy: `Remove it; known: ${[...this.#asked].filter((one) => one !== "").join(", ")}.`,
      });
    }
  }
}

/**
 * Reads a regular expression as Python writes it: named groups and flags at the head are put into this language's form.
 * Gives what is wrong with it where it is none, or could take very long on some text.
 */
export function readPattern(text: string): RegExp | string {
  const head = /^\(\?([aimsux]+)\)/.exec(text);
  const flags = [...new Set(head?.[1] ?? "")].filter((flag) => "ims".includes(flag)).join("");
  if (head?.[1]?.includes("x")) return "the flag x is not known here";
  const body = text
    .slice(head?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\(\?P=([A-Za-z_]\w*)\)/g, "\\k<$1>")
    .replaceAll(/\\A/g, "^")
    .replaceAll(/\\Z/g, "$");
  try {
    const pattern = new RegExp(body, `g${flags}`);
    const costly = whyCostly(body, flags);
    return costly === null
      ? pattern
      : `it could take very long (${costly}); put after a repetition what it cannot take, or begin with ^`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

import type { Issue } from "../issue/issue.ts";
import { parseDuration } from "./duration.ts";
import { shown, type YamlTree } from "./yaml-tree.ts";

/**
 * Reads the fields of one YAML map into values, collecting issues with their lines. Every reader returns the default
 * when the field is absent or wrong; `finish` warns of keys that nobody asked for.
 */
export class Fields {
  readonly place: string;
  readonly #map: ReadonlyMap<string, YamlTree>;
  readonly #line: number;
  readonly #codes: string;
  readonly #issues: Issue[];
  readonly #asked = new Set<string>();

  /** `codes` begins every code: `rule`, `plan`, `owners`. A tree that is no map gives an issue and no fields. */
  constructor(tree: YamlTree | null, place: string, codes: string, issues: Issue[]) {
    this.place = place;
    this.#codes = codes;
    this.#issues = issues;
    this.#line = tree?.line ?? 1;
    this.#map = tree?.kind === "map" ? tree.entries : new Map();
    const empty = tree === null || (tree.kind === "scalar" && tree.value === null);
    if (tree?.kind !== "map" && !empty) {
      this.report(
        "error",
        "shape",
        this.#line,
        "This is no list of `key: value` lines.",
        "Write it as keys and values.",
      );
    }
  }

  has(key: string): boolean {
    const value = this.#map.get(key);
    return value !== undefined && !(value.kind === "scalar" && value.value === null);
  }

  lineOf(key: string): number {
    return this.#map.get(key)?.line ?? this.#line;
  }

  report(severity: Issue["severity"], code: string, line: number, message: string, remedy: string): void {
    this.#issues.push({
      severity,
      code: `${this.#codes}.${code}`,
      place: `${this.place}:${line}`,
      message,
      remedy,
    });
  }

  wrong(key: string, message: string, remedy: string, severity: Issue["severity"] = "error"): void {
    this.report(severity, codeOf(key), this.lineOf(key), message, remedy);
  }

  text(key: string, otherwise: string, maximumLength = 2_000): string {
    const value = this.#scalar(key);
    if (value === null) return otherwise;
    if (typeof value !== "string") {
      this.wrong(key, `\`${key}\` is not a text.`, `Write it in quotes: ${key}: "${shown(String(value))}".`);
      return otherwise;
    }
    if (value.length > maximumLength) {
      this.wrong(key, `\`${key}\` is longer than ${maximumLength} characters.`, "Shorten it.");
      return otherwise;
    }
    return value;
  }

  matching(key: string, otherwise: string, pattern: RegExp, form: string): string {
    const value = this.text(key, otherwise);
    if (!this.has(key) || value === otherwise || pattern.test(value)) return value;
    this.wrong(key, `\`${key}\` is "${shown(value)}", which is not ${form}.`, `Give ${form}.`);
    return otherwise;
  }

  choice<T extends string>(key: string, otherwise: T, choices: readonly T[]): T {
    const value = this.text(key, otherwise);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    if (this.has(key))
      this.wrong(key, `\`${key}\` is "${shown(value)}".`, `Choose one of ${choices.join(", ")}.`);
    return otherwise;
  }

  number<T extends number | null>(key: string, otherwise: T, minimum: number, maximum: number): number | T {
    const value = this.#scalar(key);
    if (value === null) return otherwise;
    if (typeof value !== "number" || value < minimum || value > maximum) {
      this.wrong(
        key,
        `\`${key}\` is no number from ${minimum} to ${maximum}.`,
        "Give a number in that range.",
      );
      return otherwise;
    }
    return value;
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.#scalar(key);
    if (value === null) return otherwise;
    if (typeof value === "boolean") return value;
    this.wrong(key, `\`${key}\` is neither true nor false.`, "Write true or false.");
    return otherwise;
  }

  durationMs(key: string, otherwise: number, minimumMs = 0): number {
    const value = this.#scalar(key);
    if (value === null) return otherwise;
    const ms = typeof value === "string" ? parseDuration(value) : null;
    if (ms === null || ms < minimumMs) {
      this.wrong(
        key,
        `\`${key}\` is no duration${minimumMs > 0 ? " that long" : ""}.`,
        "Write it like 15m, 1h, 90s or 0s (at most 3660d).",
      );
      return otherwise;
    }
    return ms;
  }

  /** Texts of a list; a single text counts as a list of one. */
  texts(key: string, maximumCount = 200): string[] {
    const tree = this.#take(key);
    if (!tree || !this.has(key)) return [];
    const items = tree.kind === "list" ? tree.items : [tree];
    if (items.length > maximumCount) {
      this.wrong(key, `\`${key}\` has more than ${maximumCount} entries.`, "Shorten the list.");
      return [];
    }
    const found: string[] = [];
    for (const item of items) {
      if (item.kind === "scalar" && typeof item.value === "string") found.push(item.value);
      else
        this.report(
          "error",
          codeOf(key),
          item.line,
          `An entry of \`${key}\` is not a text.`,
          "Write texts, in quotes where needed.",
        );
    }
    return found;
  }

  /** The maps of a list, each as fields of its own. */
  list(key: string, maximumCount = 200): Fields[] {
    const tree = this.#take(key);
    if (!tree || !this.has(key)) return [];
    if (tree.kind !== "list" || tree.items.length > maximumCount) {
      this.wrong(
        key,
        `\`${key}\` is no list of at most ${maximumCount} entries.`,
        "Begin every entry with `- `.",
      );
      return [];
    }
    return tree.items.map(
      (item) => new Fields(item, this.place, `${this.#codes}.${codeOf(key)}`, this.#issues),
    );
  }

  /** One map as fields of its own; null when the key is absent. */
  map(key: string): Fields | null {
    const tree = this.#take(key);
    if (!tree || !this.has(key)) return null;
    return new Fields(tree, this.place, `${this.#codes}.${codeOf(key)}`, this.#issues);
  }

  /** Every key with its scalar value, in the file's order; values that are lists or maps are issues. */
  scalars(): [string, string | number | boolean][] {
    const found: [string, string | number | boolean][] = [];
    for (const key of this.#map.keys()) {
      const value = this.#scalar(key);
      if (value !== null) found.push([key, value]);
    }
    return found;
  }

  /** The keys that are there, in the file's order; whoever asks for them knows them all. */
  keys(): string[] {
    for (const key of this.#map.keys()) this.#asked.add(key);
    return [...this.#map.keys()];
  }

  /** Scalars of a list (a single one counts as a list of one); other entries are issues. */
  scalarsOf(key: string): (string | number | boolean)[] {
    const tree = this.#take(key);
    const items = tree === undefined ? [] : tree.kind === "list" ? tree.items : [tree];
    return items.flatMap((item) => {
      if (item.kind === "scalar" && item.value !== null) return [item.value];
      this.report(
        "error",
        codeOf(key),
        item.line,
        `An entry of \`${shown(key)}\` is no single value.`,
        "Give one value.",
      );
      return [];
    });
  }

  get line(): number {
    return this.#line;
  }

  /** Warns of keys that were never read. */
  finish(): void {
    for (const [key, tree] of this.#map) {
      if (this.#asked.has(key)) continue;
      this.report(
        "warning",
        "unknown-key",
        tree.line,
        `\`${shown(key)}\` means nothing here and was ignored.`,
        `Remove it; known keys: ${[...this.#asked].join(", ")}.`,
      );
    }
  }

  #take(key: string): YamlTree | undefined {
    this.#asked.add(key);
    return this.#map.get(key);
  }

  #scalar(key: string): string | number | boolean | null {
    const tree = this.#take(key);
    if (!tree) return null;
    if (tree.kind !== "scalar") {
      this.wrong(key, `\`${shown(key)}\` is a list or a map where one value is meant.`, "Give one value.");
      return null;
    }
    return tree.value;
  }
}

function codeOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll(/[^a-z0-9-]/g, "");
}

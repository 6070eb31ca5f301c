import type { Issue } from "../../../connectors/issue/issue.ts";
import { shown, type YamlTree } from "../../../connectors/yaml/yaml-tree.ts";

/** Reads the keys of one map of a Sigma document as texts, collecting issues with their lines. */
export class SigmaKeys {
  readonly place: string;
  readonly line: number;
  readonly #entries: ReadonlyMap<string, YamlTree>;
  readonly #codes: string;
  readonly #issues: Issue[];

  constructor(tree: YamlTree, place: string, codes: string, issues: Issue[]) {
    this.place = place;
    this.line = tree.line;
    this.#codes = codes;
    this.#issues = issues;
    this.#entries = tree.kind === "map" ? tree.entries : new Map();
    if (tree.kind !== "map")
      this.error(
        "shape",
        tree.line,
        "There is no `key: value` where one is meant.",
        "Write keys and values.",
      );
  }

  has(key: string): boolean {
    return this.tree(key) !== null;
  }

  lineOf(key: string): number {
    return this.#entries.get(key)?.line ?? this.line;
  }

  error(code: string, line: number, message: string, remedy: string): void {
    this.#report("error", code, line, message, remedy);
  }

  warn(code: string, line: number, message: string, remedy: string): void {
    this.#report("warning", code, line, message, remedy);
  }

  /** What stands there, null when nothing does. */
  tree(key: string): YamlTree | null {
    const found = this.#entries.get(key);
    return found === undefined || (found.kind === "scalar" && found.value === null) ? null : found;
  }

  /** A single value as text; empty when absent. Lists and maps are a warning. */
  text(key: string): string {
    const found = this.tree(key);
    if (!found) return "";
    if (found.kind === "scalar") return String(found.value);
    this.warn(`${key}.shape`, found.line, `\`${shown(key)}\` is no single value.`, "Give one text.");
    return "";
  }

  /** Texts of a list, or a single one. */
  texts(key: string): string[] {
    const found = this.tree(key);
    if (!found) return [];
    const items = found.kind === "list" ? found.items : [found];
    return items.flatMap((item) => {
      if (item.kind === "scalar") return item.value === null ? [] : [String(item.value)];
      this.warn(
        `${key}.shape`,
        item.line,
        `An entry of \`${shown(key)}\` is no text.`,
        "Give a list of texts.",
      );
      return [];
    });
  }

  map(key: string): SigmaKeys | null {
    const found = this.tree(key);
    return found && new SigmaKeys(found, this.place, `${this.#codes}.${key}`, this.#issues);
  }

  maps(key: string): SigmaKeys[] {
    const found = this.tree(key);
    if (!found) return [];
    const items = found.kind === "list" ? found.items : [found];
    return items.map((item) => new SigmaKeys(item, this.place, `${this.#codes}.${key}`, this.#issues));
  }

  #report(severity: Issue["severity"], code: string, line: number, message: string, remedy: string): void {
    this.#issues.push({
      severity,
      code: `${this.#codes}.${code}`,
      place: `${this.place}:${line}`,
      message,
      remedy,
    });
  }
}

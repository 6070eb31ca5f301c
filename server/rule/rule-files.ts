import {
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { RuleFiles } from "../api/api.ts";

export const RULE_NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** Files that say what rule.sql was made from; a rule written as SQL has none. */
const ORIGIN_FILES = { shapeYaml: "shape.yaml", sigmaYaml: "sigma.yml" } as const;
const STAMPED_FILES = ["rule.yaml", "rule.sql", "ADS.md", "response.yaml", ...Object.values(ORIGIN_FILES)];
/** Longer than any tick of a file system's clock. */
const SETTLED_MS = 2_000;
const TEST_NAME = /^(match|no-match)-[\w.-]{1,80}\.ndjson$/;

/** The folders `rules/<name>/` of the workspace. */
export class RuleFolders {
  readonly #directory: string;
  /** The list of folders, as long as the folder that holds them is not written. */
  #listed: { readonly mtimeNs: bigint; readonly names: string[] } | null = null;
  /** The list as it was last, settled or not. */
  #unsettled: string[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The folders' names, sorted: the very same list as long as none came or went. */
  names(): string[] {
    const found = statSync(this.#directory, { throwIfNoEntry: false, bigint: true });
    if (found === undefined) return [];
    if (this.#listed?.mtimeNs === found.mtimeNs) return this.#listed.names;
    const names = readdirSync(this.#directory, { withFileTypes: true })
      .filter((entry) => RULE_NAME.test(entry.name) && this.#isFolder(entry))
      .map(({ name }) => name)
      .sort();
    // A folder that was written just now may be written again within the same tick of the file system's clock.
    const settled = Date.now() - Number(found.mtimeMs) > SETTLED_MS;
    const before = this.#listed?.names ?? this.#unsettled;
    const same = before.length === names.length && before.every((name, at) => name === names[at]);
    const list = same ? before : names;
    this.#unsettled = list;
    this.#listed = settled ? { mtimeNs: found.mtimeNs, names: list } : null;
    return list;
  }

  #isFolder(entry: Dirent): boolean {
    if (!entry.isSymbolicLink()) return entry.isDirectory();
    return statSync(join(this.#directory, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
  }

  has(name: string): boolean {
    return RULE_NAME.test(name) && existsSync(join(this.#directory, name));
  }

  /** Changes whenever a file of the folder does. */
  stamp(name: string): string {
    const folder = join(this.#directory, name);
    const tests = join(folder, "tests");
    const stamps = STAMPED_FILES.map((file) => stampOf(join(folder, file)));
    if (stampOf(tests) !== "")
      for (const file of readdirSync(tests).sort()) stamps.push(`${file}:${stampOf(join(tests, file))}`);
    return stamps.join("|");
  }

  /** Changes whenever rule.yaml does. */
  yamlStamp(name: string): string {
    return stampOf(join(this.#directory, name, "rule.yaml"));
  }

  /** rule.yaml as text; empty when it is missing. */
  yamlText(name: string): string {
    const path = join(this.#directory, name, "rule.yaml");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Changes whenever sigma.yml does; empty when the rule has none. */
  sigmaStamp(name: string): string {
    return stampOf(join(this.#directory, name, ORIGIN_FILES.sigmaYaml));
  }

  /** sigma.yml as text. Throws when there is none. */
  sigmaText(name: string): string {
    return readFileSync(join(this.#directory, name, ORIGIN_FILES.sigmaYaml), "utf8");
  }

  /** The files as text; one that is missing is empty. */
  read(name: string): RuleFiles {
    const folder = join(this.#directory, name);
    const text = (file: string) => {
      const path = join(folder, file);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    };
    const tests = join(folder, "tests");
    return {
      ruleYaml: text("rule.yaml"),
      ruleSql: text("rule.sql"),
      adsMarkdown: text("ADS.md"),
      responseYaml: text("response.yaml"),
      ...Object.fromEntries(
        Object.entries(ORIGIN_FILES)
          .filter(([, file]) => existsSync(join(folder, file)))
          .map(([key, file]) => [key, text(file)]),
      ),
      tests: existsSync(tests)
        ? Object.fromEntries(
            readdirSync(tests)
              .filter((file) => TEST_NAME.test(file))
              .sort()
              .map((file) => [file, readFileSync(join(tests, file), "utf8")]),
          )
        : {},
    };
  }

  /** Writes all files; test files that are not among them are removed. Throws RangeError on a test name out of form. */
  write(name: string, files: RuleFiles): void {
    for (const file of Object.keys(files.tests)) {
      if (!TEST_NAME.test(file)) {
        throw new RangeError(
          `"${file}" is no test file: name it match-<what>.ndjson or no-match-<what>.ndjson.`,
        );
      }
    }
    const folder = join(this.#directory, name);
    const tests = join(folder, "tests");
    mkdirSync(tests, { recursive: true });
    writeFileSync(join(folder, "rule.yaml"), files.ruleYaml);
    writeFileSync(join(folder, "rule.sql"), files.ruleSql);
    writeFileSync(join(folder, "ADS.md"), files.adsMarkdown);
    writeFileSync(join(folder, "response.yaml"), files.responseYaml);
    for (const [key, file] of Object.entries(ORIGIN_FILES)) {
      const text = files[key as keyof typeof ORIGIN_FILES];
      if (text === undefined) rmSync(join(folder, file), { force: true });
      else writeFileSync(join(folder, file), text);
    }
    for (const file of readdirSync(tests)) {
      if (TEST_NAME.test(file) && files.tests[file] === undefined) rmSync(join(tests, file));
    }
    for (const [file, text] of Object.entries(files.tests)) writeFileSync(join(tests, file), text);
  }

  writeRuleYaml(name: string, text: string): void {
    writeFileSync(join(this.#directory, name, "rule.yaml"), text);
  }
}

/** Empty when there is no such file. */
function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? "" : `${found.mtimeNs.toString(36)}:${found.size}`;
}

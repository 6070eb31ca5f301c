import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RuleFiles } from "../api/api.ts";

export const RULE_NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** Files that say what rule.sql was made from; a rule written as SQL has none. */
const ORIGIN_FILES = { shapeYaml: "shape.yaml", sigmaYaml: "sigma.yml" } as const;
const TEST_NAME = /^(match|no-match)-[\w.-]{1,80}\.ndjson$/;

/** The folders `rules/<name>/` of the workspace. */
export class RuleFolders {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  names(): string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory)
      .filter((name) => RULE_NAME.test(name) && statSync(join(this.#directory, name)).isDirectory())
      .sort();
  }

  has(name: string): boolean {
    return RULE_NAME.test(name) && existsSync(join(this.#directory, name));
  }

  /** Changes whenever a file of the folder does. */
  stamp(name: string): string {
    const folder = join(this.#directory, name);
    const tests = join(folder, "tests");
    const paths = ["rule.yaml", "rule.sql", "ADS.md", "response.yaml", ...Object.values(ORIGIN_FILES)].map(
      (file) => join(folder, file),
    );
    if (existsSync(tests))
      paths.push(
        ...readdirSync(tests)
          .sort()
          .map((file) => join(tests, file)),
      );
    return paths
      .map((path) => {
        const found = statSync(path, { throwIfNoEntry: false, bigint: true });
        return found ? `${path}:${found.mtimeNs}:${found.size}` : "";
      })
      .join("|");
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

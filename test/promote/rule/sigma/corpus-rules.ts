import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Issue } from "../../../../connectors/issue/issue.ts";
import { parseSigmaRule } from "../../../../promote/rule/sigma/parse.ts";
import type { SigmaRule } from "../../../../promote/rule/sigma/sigma-rule.ts";

export interface CorpusRule {
  /** Path inside the corpus. */
  readonly path: string;
  /** Null when refused. */
  readonly rule: SigmaRule | null;
  readonly issues: readonly Issue[];
}

/** Every rule of the folders, read. */
export function corpusRules(folder: string, pattern: string): CorpusRule[] {
  return globSync(pattern, { cwd: folder })
    .sort()
    .map((path) => {
      const read = parseSigmaRule(readFileSync(join(folder, path), "utf8"), path);
      return { path, rule: read.ok ? read.value : null, issues: read.issues };
    });
}

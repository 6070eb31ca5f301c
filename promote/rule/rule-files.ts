/** The files of a rule: what a person decides. */
export interface RuleFiles {
  readonly ruleYaml: string;
  readonly ruleSql: string;
  readonly adsMarkdown: string;
  readonly responseYaml: string;
  /** Test files by name: `match-dump.ndjson`, `no-match-notepad.ndjson`. */
  readonly tests: Readonly<Record<string, string>>;
}

/** The files of a rule: what a person decides. */
export interface RuleFiles {
  readonly ruleYaml: string;
  readonly ruleSql: string;
  readonly adsMarkdown: string;
  readonly responseYaml: string;
  /** Test files by name: `match-dump.ndjson`, `no-match-notepad.ndjson`. */
  readonly tests: Readonly<Record<string, string>>;
  /** `shape.yaml`: the parts that rule.sql was built from; absent for a rule written as SQL. */
  readonly shapeYaml?: string | undefined;
  /** `sigma.yml`: the Sigma rule that rule.sql was made from, as it was given; absent for others. */
  readonly sigmaYaml?: string | undefined;
}

/** What became of a rule's tests. `passed` is true when every one passed and there is at least one. */
export interface RuleTestReport {
  readonly passed: boolean;
  readonly tests: readonly {
    readonly name: string;
    readonly expected: "match" | "no-match";
    readonly passed: boolean;
    readonly message: string;
  }[];
}

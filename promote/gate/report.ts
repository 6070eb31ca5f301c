/** The gate as a list that fills itself. */
export interface GateCheck {
  readonly code: string;
  readonly title: string;
  /** `waiting`: what the check needs has not been computed yet. */
  readonly state: "passed" | "failed" | "waiting";
  readonly evidence: string;
  readonly remedy: string;
  /** Section or page where it is mended: `ads#goal`, `plan`, `rule`, `proof`, `tests`. */
  readonly link: string;
  /** It passed once for this version, and what it rests on is computed anew by itself. */
  readonly renewing?: true;
}
export interface GateReport {
  readonly rule: string;
  readonly target: "staged" | "paging";
  readonly passed: boolean;
  readonly checks: readonly GateCheck[];
}

/** A Panther correlation rule as it is written: which detections of other rules belong together, and how. */
export interface PantherCorrelation {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** What to do about an alert, in its author's words; "" when nothing is said. */
  readonly runbook: string;
  /** Where one can read more; "" when nothing is said. */
  readonly reference: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  readonly techniques: readonly string[];
  /** `sequence` is in the order of the members, `group` in any. */
  readonly kind: "group" | "sequence";
  readonly members: readonly PantherMember[];
  readonly windowMs: number;
  readonly tests: readonly PantherTest[];
}

/** Detections of one rule. */
export interface PantherMember {
  readonly id: string;
  readonly ruleId: string;
  /** Field of the detection that says what belongs together; null when all do. */
  readonly match: string | null;
  readonly minimumCount: number;
  /** True when there must be none. */
  readonly absent: boolean;
}

/** One sample test: which rules matched when, and whether the correlation must come about. */
export interface PantherTest {
  readonly name: string;
  readonly expected: boolean;
  readonly detections: readonly PantherDetection[];
}

/** A match of a member's rule at a time, with the value of its match field. */
export interface PantherDetection {
  readonly member: string;
  readonly field: string;
  readonly value: string;
  readonly timeUs: bigint;
}

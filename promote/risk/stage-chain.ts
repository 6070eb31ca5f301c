/** Odds of one stage of an attack being detected, in the manner of FAIR-CAM's measurement examples. */
export interface DetectionStage {
  readonly coverage: number;
  readonly visibility: number;
  readonly visibilityReliability: number;
  readonly recognition: number;
  readonly recognitionReliability: number;
  readonly monitoringReliability: number;
  readonly cadenceDays: number;
  readonly durationDays: number;
  /** P(the attacker gets past the stage). */
  readonly progression: number;
  /** Share of the looks that count as fresh, 0..1; the rest repeat what an earlier look saw. */
  readonly freshLooks: number;
}

/**
 * P(detected) in a stage that is reached: the evidence is seen, and at least one of the fresh looks that are made
 * while the stage lasts recognises it. All inputs but days are 0..1; cadence above 0.
 */
export function stageDetection(stage: DetectionStage): number {
  const visible = stage.coverage * stage.visibility * stage.visibilityReliability;
  const recognised = stage.recognition * stage.recognitionReliability;
  const looks = (stage.durationDays / stage.cadenceDays) * stage.monitoringReliability * stage.freshLooks;
  return visible * (1 - (1 - recognised) ** looks);
}

/**
 * Walks the stages in order: P(detected at each), P(the attack completes undetected), P(it stalls undetected).
 * Only for comparison with published worked examples: the product's model is chain.ts, by first alert time.
 */
export function detectByStage(stages: readonly DetectionStage[]): {
  readonly detects: number[];
  readonly detectedAt: number[];
  readonly completed: number;
  readonly stalled: number;
} {
  let reached = 1;
  let stalled = 0;
  const detects = stages.map(stageDetection);
  const detectedAt = stages.map((stage, i) => {
    const found = reached * detects[i]!;
    const missed = reached - found;
    stalled += missed * (1 - stage.progression);
    reached = missed * stage.progression;
    return found;
  });
  return { detects, detectedAt, completed: reached, stalled };
}

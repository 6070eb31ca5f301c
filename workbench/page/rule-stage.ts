import { html, nothing, type TemplateResult } from "lit";
import type { Stage } from "../../promote/records/records.ts";
import { badge, type Tone } from "../element/badge.ts";

const TONES: Readonly<Record<Stage, Tone>> = {
  draft: "neutral",
  staged: "accent",
  paging: "good",
  retired: "neutral",
};

/** What each stage means, in a sentence. */
export const STAGE_MEANINGS: Readonly<Record<Stage, string>> = {
  draft: "being written; runs only when asked",
  staged: "runs and records detections; wakes nobody",
  paging: "its detections become alerts for the owner",
  retired: "no longer runs",
};

export function stageBadge(stage: Stage): TemplateResult {
  return html`<span title=${STAGE_MEANINGS[stage]}>${badge(stage, TONES[stage])}</span>`;
}

/** The way of a rule with the stage where it is now. */
export function stageLine(stage: Stage): TemplateResult {
  const stages: readonly Stage[] = ["draft", "staged", "paging", "retired"];
  return html`<ol class="stage-line" aria-label="Stage">
    ${stages.map(
      (one) =>
        html`<li><span title=${STAGE_MEANINGS[one]} aria-current=${one === stage ? "step" : nothing}>${one}</span></li>`,
    )}
  </ol>`;
}

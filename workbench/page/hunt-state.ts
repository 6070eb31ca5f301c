import type { TemplateResult } from "lit";
import type { NotebookSummary } from "../../server/api/api.ts";
import { badge, type Tone } from "../element/badge.ts";

const TONES: Readonly<Record<NotebookSummary["state"], Tone>> = {
  open: "accent",
  confirmed: "bad",
  refuted: "good",
  inconclusive: "neutral",
};

/** What became of a hunt's hypothesis. */
export function huntState(state: NotebookSummary["state"]): TemplateResult {
  return badge(state, TONES[state] ?? "neutral");
}

import { html, type TemplateResult } from "lit";

export type Tone = "good" | "warning" | "bad" | "neutral" | "accent";

const MARKS: Readonly<Record<Tone, string>> = {
  good: "\u2713",
  warning: "!",
  bad: "\u2715",
  neutral: "\u2013",
  accent: "\u2022",
};

/** A state in a word with a mark of its own, so that colour is never the only sign. */
export function badge(text: string, tone: Tone = "neutral"): TemplateResult {
  return html`<span class="badge ${tone}"><span class="mark" aria-hidden="true">${MARKS[tone]}</span>${text}</span>`;
}

/** A short label without a state: a technique, a dataset, a kind. */
export function tag(text: string): TemplateResult {
  return html`<span class="tag">${text}</span>`;
}

const SEVERITY_LEVELS = ["low", "medium", "high", "critical"];

/** Severity as filled bars and the word; an unknown word is shown as it is. */
export function severity(text: string): TemplateResult {
  const level = SEVERITY_LEVELS.indexOf(text) + 1;
  return html`<span class="severity level-${level}">
    <span class="bars" aria-hidden="true">
      ${SEVERITY_LEVELS.map((_, index) => html`<span class=${index < level ? "on" : "off"}></span>`)}
    </span>${text}</span
  >`;
}

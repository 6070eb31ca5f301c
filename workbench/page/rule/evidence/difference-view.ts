import { html, nothing, type TemplateResult } from "lit";
import type { VersionDifference } from "../../../../promote/gate/evidence.ts";
import { badge, type Tone } from "../../../element/badge.ts";
import { instant } from "../../../element/instant.ts";
import { formatCount, formatPlural } from "../../../format/number.ts";
import { textDifference } from "./sql-difference.ts";

const TONES: Readonly<Record<VersionDifference["sample"][number]["change"], Tone>> = {
  added: "accent",
  removed: "warning",
  changed: "neutral",
};

/** How two texts differ, with what went struck through and what came underlined. */
export function textDifferenceView(before: string, after: string, label: string): TemplateResult {
  const parts = textDifference(before, after);
  return html`<pre class="text-difference" aria-label=${label}>${parts.map(({ kind, text }) =>
    kind === "removed" ? html`<del>${text}</del>` : kind === "added" ? html`<ins>${text}</ins>` : text,
  )}</pre>`;
}

/** What a change of the rule does to its alerts: how many come, go and change, with some of them. */
export function alertDifferenceView(difference: VersionDifference): TemplateResult {
  const { added, removed, changed, sample } = difference;
  const same = added + removed + changed === 0;
  return html`<div class="stack tight">
    <p class=${`notice ${same ? "good" : "warning"}`} role="status">
      ${
        same
          ? "Over all the data there is, the alerts stay the same."
          : html`Over all the data there is, ${formatPlural(added, "alert comes", "alerts come")},
            ${formatCount(removed)} ${removed === 1 ? "goes" : "go"} and ${formatCount(changed)} ${changed === 1 ? "changes" : "change"}.`
      }
    </p>
    ${
      sample.length === 0
        ? nothing
        : html`<ul class="form-rows">
            ${sample.slice(0, 12).map(
              (one) => html`<li>
                ${badge(one.change, TONES[one.change])}
                <span class="grow">${instant(one.time)} <span class="muted">${Object.values(one.entities).join(", ")}</span></span>
              </li>`,
            )}
          </ul>`
    }
  </div>`;
}

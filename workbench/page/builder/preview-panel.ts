import { html, nothing, type TemplateResult } from "lit";
import type { ShapeSql } from "../../../promote/rule/shape/sql.ts";
import { renderFailure } from "../../element/failure.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { formatCount, formatRate } from "../../format/number.ts";
import type { Counting } from "./counting.ts";
import { dayChart } from "./day-chart.ts";

/** The sentence, what it finds in the data, what is missing still, and the SQL that will run. */
export function previewPanel(sentence: string, written: ShapeSql, counting: Counting): TemplateResult {
  return html`<section class="panel sentence" aria-live="polite">
      <h2>What it says</h2>
      <p class="lead">${sentence}</p>
      ${written.issues.length === 0 ? nothing : renderIssues(written.issues)}
    </section>
    <section class="panel" aria-busy=${counting.busy}>
      <h2>What it would have found ${counting.busy ? html`<span class="muted">counting…</span>` : nothing}</h2>
      ${counting.failure === null ? count(written, counting) : renderFailure(counting.failure)}
    </section>
    <details class="panel">
      <summary>The SQL that runs</summary>
      <pre class="code" tabindex="0"><code>${written.sql || "There is none until the parts are complete."}</code></pre>
    </details>`;
}

function count(written: ShapeSql, counting: Counting): TemplateResult {
  const { preview } = counting;
  if (written.sql === "") return html`<p class="muted">Complete the parts, and it is counted.</p>`;
  if (preview === null) return html`<p class="muted">It is being counted.</p>`;
  if (preview.failure !== null) return html`<p>${preview.failure}</p>`;
  const detections = preview.detections ?? 0;
  return html`<p class="found">
      <strong>${formatCount(detections)}</strong> ${detections === 1 ? "detection" : "detections"}
      ${preview.perWeek === null ? nothing : html`<span class="muted">${formatRate(preview.perWeek)} a week</span>`}
    </p>
    ${
      detections === 0
        ? html`<p class="muted">Nothing in ${preview.from?.slice(0, 10) ?? "the data"} to ${preview.until?.slice(0, 10) ?? "now"}.</p>`
        : dayChart(preview)
    }`;
}

import { html, nothing, type TemplateResult } from "lit";
import type { ProofReport } from "../../../server/api/api.ts";
import { instant } from "../../element/instant.ts";
import { formatCount } from "../../format/number.ts";

/** The replay proof: whether slices give exactly what one batch gives, with the counts and the differing detections. */
export function proofView(proof: ProofReport): TemplateResult {
  return html`<div class="stack">
    <p class=${`notice ${proof.state === "proved" ? "good" : proof.state === "refused" ? "bad" : "warning"}`}>
      ${proof.words}
    </p>
    <dl class="figures">
      <div><dt>Events replayed</dt><dd>${formatCount(proof.events)}<small>${proof.provedOn === "tests" ? "of its tests" : "of the history"}</small></dd></div>
      <div><dt>Slices</dt><dd>${formatCount(proof.slices)}<small>shuffled and delayed</small></dd></div>
      <div><dt>Detections in batch</dt><dd>${formatCount(proof.batchDetections)}</dd></div>
      <div><dt>Detections in stream</dt><dd>${formatCount(proof.streamDetections)}</dd></div>
    </dl>
    ${differing("Only in the batch", proof.onlyBatch)} ${differing("Only in the stream", proof.onlyStream)}
    <p class="muted">
      Proved ${instant(proof.proved)} with DuckDB ${proof.engineVersion} on data <code>${proof.dataHash.slice(0, 16)}</code>
    </p>
  </div>`;
}

function differing(title: string, ids: readonly string[]): TemplateResult | typeof nothing {
  if (ids.length === 0) return nothing;
  return html`<section class="panel">
    <h2>${title}: ${ids.length}${ids.length === 20 ? " or more" : ""}</h2>
    <ul>
      ${ids.map((id) => html`<li><code>${id}</code></li>`)}
    </ul>
  </section>`;
}

import { html, nothing, type TemplateResult } from "lit";
import type { CellDiff, RunDiff } from "../../../notebooks/run/diff-runs.ts";
import { badge, type Tone } from "../../element/badge.ts";
import { formatCount } from "../../format/number.ts";
import { rowsDiffView } from "./rows-table.ts";

const TONES: Readonly<Record<CellDiff["kind"], Tone>> = {
  same: "good",
  changed: "warning",
  new: "accent",
  gone: "neutral",
  unsure: "warning",
};

/** What changed between two runs: the data, the engine, the values, and the rows of each cell. */
export function runDiffView(diff: RunDiff, show: (cell: number) => void): TemplateResult {
  const facts = [
    ...(diff.engine ? [`DuckDB ${diff.engine.before} → ${diff.engine.after}`] : []),
    ...(diff.spoor ? [`Spoor ${diff.spoor.before} → ${diff.spoor.after}`] : []),
    ...diff.datasets.map(({ dataset, kind, rowsBefore, rowsAfter }) =>
      kind === "changed"
        ? `${dataset}: ${formatCount(rowsBefore ?? 0)} → ${formatCount(rowsAfter ?? 0)} rows`
        : kind === "new"
          ? `${dataset} is read now and was not`
          : `${dataset} is not read any more`,
    ),
    ...diff.parameters.map(({ name, before, after }) => `${name}: ${before ?? "none"} → ${after ?? "none"}`),
  ];
  return html`
    <p class="muted">${facts.length === 0 ? "Same data, same engine." : facts.join("; ")}</p>
    <ul class="cell-diffs">
      ${diff.cells.map(
        (cell) => html`<li>
          <div>
            <button type="button" class="link" @click=${() => show(cell.id)}>Cell ${cell.id}${cell.name === "" ? "" : ` ${cell.name}`}</button>
            ${badge(cell.kind === "unsure" ? "cannot tell" : cell.kind, TONES[cell.kind])}
            ${cell.questionChanged ? html`<span class="muted">asks another question</span>` : nothing}
          </div>
          ${cell.message === "" ? nothing : html`<p class="muted">${cell.message}</p>`} ${cell.rows ? rowsDiffView(cell.rows) : nothing}
        </li>`,
      )}
    </ul>
  `;
}

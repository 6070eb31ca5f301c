import { html, nothing, type TemplateResult } from "lit";
import type { CellMode } from "../../notebooks/document/notebook.ts";
import type { CellState } from "./cell-state.ts";

export interface StatusActions {
  run(): void;
  cancel(): void;
}

/** One line on how a cell stands, of a height that never changes. */
export function cellStatus(
  state: CellState,
  cell: {
    readonly mode: CellMode;
    readonly hidden: boolean;
    readonly onDemand: boolean;
    readonly waitsFor: string | null;
  },
  nowMs: number,
  actions: StatusActions,
): TemplateResult {
  const runs = (text: string) =>
    html`<span class="cell-status asks" role="status"
      >${text}<button type="button" class="inline" @click=${() => actions.run()}>Run</button></span
    >`;
  if (state.query) {
    return html`<span class="cell-status running" role="status"
      ><span class="cell-pulse" aria-hidden="true"></span><span class="cell-progress">${progressText(state.query, nowMs)}</span>
      <button type="button" class="inline cancel" @click=${() => actions.cancel()}>Cancel</button></span
    >`;
  }
  if (state.phase === "waiting") return runs(cell.onDemand ? "not run yet" : "cleared");
  if (state.stale) return runs("stale");
  if (state.edited) return html`<span class="cell-status edited" title="Shift Enter runs it">edited</span>`;
  if (state.phase === "stopped") return html`<span class="cell-status">stopped</span>`;
  if (state.phase === "failed") return html`<span class="cell-status failed">failed</span>`;
  if (state.phase === "running") {
    return cell.waitsFor === null
      ? html`<span class="cell-status running"><span class="cell-pulse" aria-hidden="true"></span>runs</span>`
      : html`<span class="cell-status" role="status">waits for ${cell.waitsFor}</span>`;
  }
  const parts = [
    state.rows
      ? `${state.rows.count.toLocaleString("en-US")} ${state.rows.count === 1 ? "row" : "rows"}`
      : "",
    state.rows && !state.rows.complete ? "not complete" : "",
    // The table below says its own time; a hidden one cannot.
    state.elapsedMs !== null && cell.mode === "sql" && (cell.hidden || !state.rows)
      ? formatElapsed(state.elapsedMs)
      : "",
  ].filter(Boolean);
  return html`<span class="cell-status">${parts.join(" · ")}${
    state.rows?.kept
      ? html` · <span title="The same question over the same data: the rows were there already.">kept</span>`
      : nothing
  }</span>`;
}

function progressText(query: NonNullable<CellState["query"]>, nowMs: number): string {
  const { progress } = query;
  const parts = [`${(Math.max(0, nowMs - query.startedMs) / 1000).toFixed(1)} s`];
  if (progress?.phase === "queued") {
    const before = progress.queuePosition ?? 0;
    parts.unshift(before > 0 ? `queued at ${before}` : "queued");
  } else {
    if (progress?.percentage !== null && progress?.percentage !== undefined && progress.percentage > 0)
      parts.push(`${Math.floor(progress.percentage)} %`);
    if (progress && progress.rowCount > 0) parts.push(`${progress.rowCount.toLocaleString("en-US")} rows`);
    else if (query.receivedBytes >= 100_000) parts.push(`${(query.receivedBytes / 1e6).toFixed(1)} MB`);
  }
  return parts.join(" · ");
}

function formatElapsed(elapsedMs: number): string {
  return elapsedMs < 1000 ? `${Math.round(elapsedMs)} ms` : `${(elapsedMs / 1000).toFixed(1)} s`;
}

/** One word for the state of a cell, for whoever does not see colours. */
export function stateWord(state: CellState, waits: boolean): string {
  if (state.query || (state.phase === "running" && !waits)) return "running";
  if (state.phase === "running") return "waiting";
  if (state.phase === "waiting") return "not run";
  if (state.stale) return "stale";
  if (state.phase === "failed") return "failed";
  if (state.edited) return "edited";
  if (state.phase === "done") return "done";
  return state.phase === "stopped" ? "stopped" : "not run";
}

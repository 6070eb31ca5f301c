import { html, nothing, type TemplateResult } from "lit";
import type { RuleDetail } from "../../../../server/api/api.ts";
import { badge } from "../../../element/badge.ts";
import { emptyState } from "../../../element/empty-state.ts";
import { instant } from "../../../element/instant.ts";
import { table } from "../../../element/table.ts";
import { formatDuration, instantMs } from "../../../format/instant.ts";
import { formatCount, formatUsd } from "../../../format/number.ts";

type Run = RuleDetail["runs"][number];

/** A rule's runs: the slice, what it read and found, what it cost, how well its sources were, what came late. */
export function runTable(rule: RuleDetail, runNow: () => void): TemplateResult {
  return table<Run>({
    caption: "runs",
    rows: rule.runs,
    filter: (run) => [run.mode, run.state, run.error ?? "", ...(run.health ?? [])].join(" "),
    empty: emptyState(
      "It never ran",
      "A staged or paging rule runs by itself. Running it now records what it finds and reaches nobody.",
      { label: "Run it now", run: runNow },
    ),
    columns: [
      {
        key: "started",
        title: "Started",
        sort: (run) => instantMs(run.started),
        render: (run) => html`<span class="nowrap">${instant(run.started)}</span>
          <span class="sub">${run.mode}${run.refill ? ", made good what was missed" : ""}</span>`,
      },
      {
        key: "slice",
        title: "Events",
        hint: "The stretch of event time that it looked at",
        sort: (run) => instantMs(run.until),
        render: (
          run,
        ) => html`${(instantMs(run.after) ?? 0) <= 0 ? "the beginning" : instant(run.after)} <span class="muted">to</span> ${instant(run.until)}
          ${run.watermark ? html`<span class="sub">all had come up to ${instant(run.watermark)}</span>` : nothing}`,
      },
      {
        key: "state",
        title: "State",
        sort: (run) => run.state,
        render: (run) => html`${badge(run.state, run.state === "succeeded" ? "good" : "bad")}
          ${run.error === null ? nothing : html`<span class="sub">${run.error}</span>`}
          ${(run.health ?? []).map((text) => html`<span class="sub">${badge("source", "warning")} ${text}</span>`)}`,
      },
      {
        key: "rows",
        title: "Rows read",
        number: true,
        sort: (run) => run.rowsRead ?? null,
        render: (run) =>
          run.rowsRead == null ? html`<span class="muted">not known</span>` : formatCount(run.rowsRead),
      },
      {
        key: "detections",
        title: "Detections",
        number: true,
        sort: (run) => run.detections,
        render: (run) => html`${formatCount(run.detections)}
          ${(run.withdrawn ?? 0) === 0 ? nothing : html`<span class="sub">${formatCount(run.withdrawn ?? 0)} withdrawn</span>`}`,
      },
      {
        key: "late",
        title: "Late",
        number: true,
        hint: "Events that came later than the rule allows for and reopened this slice",
        sort: (run) => run.late ?? 0,
        render: (run) =>
          (run.late ?? 0) === 0
            ? html`<span class="muted">0</span>`
            : badge(formatCount(run.late ?? 0), "warning"),
      },
      {
        key: "elapsed",
        title: "Took",
        number: true,
        sort: (run) => run.elapsedMs,
        render: (run) => html`${formatDuration(run.elapsedMs)}
          ${run.costUsd == null ? nothing : html`<span class="sub">${run.costUsd < 0.01 ? "< $0.01" : formatUsd(run.costUsd)}</span>`}`,
      },
    ],
  });
}

import { html, nothing, type TemplateResult } from "lit";
import type { RuleDetail } from "../../../../server/api/api.ts";
import { badge } from "../../../element/badge.ts";
import { age, instant } from "../../../element/instant.ts";
import { formatDuration } from "../../../format/instant.ts";
import { formatCount, formatPlural, formatUsd } from "../../../format/number.ts";

const WHY: Readonly<Record<string, string>> = {
  "not-running": "Spoor was not running",
  paused: "it was paused",
  failed: "it failed",
  busy: "a run was still at it",
};

/** What a rule's runner took in seven days, what it missed and whether that was made good, and what was done to it. */
export function runnerPanel({ controls }: RuleDetail): TemplateResult {
  const { totals, missed, controls: acts } = controls;
  return html`<div class="stack runner">
    <dl class="figures">
      <div><dt>Runs in 7 days</dt><dd>${formatCount(totals.runs)}<small>${totals.failed === 0 ? "none failed" : `${formatCount(totals.failed)} failed`}</small></dd></div>
      <div><dt>Rows read</dt><dd>${formatCount(totals.rowsRead)}</dd></div>
      <div><dt>Engine</dt><dd>${formatDuration(totals.engineMs)}<small>${totals.costUsd === null ? "no price of an hour is declared" : formatUsd(totals.costUsd)}</small></dd></div>
      <div><dt>Late events</dt><dd>${formatCount(totals.lateEvents)}<small>later than it allows for</small></dd></div>
      <div><dt>Withdrawn</dt><dd>${formatCount(controls.withdrawn)}<small>detections, no longer found</small></dd></div>
      <div><dt>Watermark</dt><dd>${controls.watermark === null ? "none" : age(controls.watermark)}<small>${controls.watermark === null ? "it runs by the clock" : html`all had come up to ${instant(controls.watermark)}`}</small></dd></div>
    </dl>
    ${
      missed.length === 0
        ? nothing
        : html`<section class="panel">
            <h2>Missed</h2>
            <ul class="form-rows">
              ${missed.map(
                (one) => html`<li>
                  ${one.refilled === null ? badge("open", "warning") : badge("made good", "good")}
                  <span class="grow"
                    >${formatPlural(one.turns, "turn")} from ${instant(one.due)} to ${instant(one.until)}
                    <span class="muted">because ${WHY[one.why] ?? one.why}</span></span
                  >
                  ${one.refilled === null ? nothing : html`<span class="muted">${instant(one.refilled)}</span>`}
                </li>`,
              )}
            </ul>
          </section>`
    }
    ${
      acts.length === 0
        ? nothing
        : html`<details>
            <summary>What was done to it (${acts.length})</summary>
            <ul class="form-rows">
              ${acts.map(
                (act) => html`<li>
                  ${badge(act.kind)} <span class="grow">${act.reason || html`<span class="muted">no reason given</span>`}</span>
                  <span class="muted">${instant(act.at)} by ${act.by}</span>
                </li>`,
              )}
            </ul>
          </details>`
    }
  </div>`;
}

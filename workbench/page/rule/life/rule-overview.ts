import { html, nothing, type TemplateResult } from "lit";
import { proofWord } from "../../../../promote/gate/proof-state.ts";
import type { RuleDetail } from "../../../../server/api/api.ts";
import { badge } from "../../../element/badge.ts";
import { age, instant } from "../../../element/instant.ts";
import { formatDuration } from "../../../format/instant.ts";
import { formatCount, formatPlural, formatRate, formatShare, formatUsd } from "../../../format/number.ts";
import { formatRoute } from "../../../route/route.ts";
import { precision } from "../rule-precision.ts";
import "./outcome-chart.ts";

/** A rule's figures: what it found against what was expected, how right it was, what it costs, whether it is proved, how it keeps up. */
export function ruleFigures(rule: RuleDetail): TemplateResult {
  const expected = rule.expectedAlertsPerWeek;
  const { lagMs } = rule.controls;
  return html`<dl class="figures">
    <div>
      <dt>Alerts a week</dt>
      <dd>
        ${formatRate(rule.alertsPerWeek)}
        <small>${expected === null ? "nothing was forecast" : `forecast ${formatRate(expected)}`}</small>
      </dd>
    </div>
    <div><dt>Precision</dt><dd class="precision">${precision(rule)}</dd></div>
    <div>
      <dt>Triage</dt>
      <dd>
        ${rule.backtest === null ? "not known" : html`${formatRate(rule.backtest.triageMinutesPerWeek)} min`}
        <small>${rule.backtest === null ? "no backtest of this version" : `a week, ${formatUsd(rule.backtest.triageUsdPerYear)} a year`}</small>
      </dd>
    </div>
    <div><dt>Detections</dt><dd>${formatCount(rule.detections)}<small>${formatPlural(rule.alerts, "alert")}</small></dd></div>
    <div>
      <dt>Behind</dt>
      <dd>
        ${lagMs === null ? "not running" : lagMs < 1000 ? "nothing" : formatDuration(lagMs)}
        <small>${behind(rule)}</small>
      </dd>
    </div>
    <div>
      <dt>Batch = stream</dt>
      <dd>
        ${proofWord(rule.proof?.state ?? "none")}
        <small>${rule.proof === null ? (rule.mode === "batch" ? "it runs as batch" : "only proved rules may stream") : age(rule.proof.proved)}</small>
      </dd>
    </div>
  </dl>`;
}

/** What a person wants to know first: what it found over time, what it is good for, what is wrong. */
export function ruleOverview(rule: RuleDetail): TemplateResult {
  return html`<div class="overview">
    <section class="panel">
      <h2>What it found, and what became of it (UTC days)</h2>
      <spoor-outcome-chart .rule=${rule.name}></spoor-outcome-chart>
    </section>
    <section class="panel stack tight">
      <h2>What stands behind it</h2>
      ${evidenceList(rule)}
    </section>
  </div>`;
}

function evidenceList(rule: RuleDetail): TemplateResult {
  const { evidence, gate, tests, backtest } = rule;
  const passed = gate.checks.filter(({ state }) => state === "passed").length;
  const promote = (check: string) =>
    `${formatRoute({ page: "promote", name: rule.name })}?check=${encodeURIComponent(check)}`;
  const row = (title: string, codes: readonly string[], text: string) => {
    const checks = gate.checks.filter(({ code }) => codes.includes(code));
    const open =
      checks.find(({ state }) => state === "failed") ?? checks.find(({ state }) => state === "waiting");
    return html`<li>
      <a href=${promote(open?.code ?? codes[0]!)}>${title}</a>
      <span class="grow">${text}</span>
      ${checks.length === 0 ? nothing : open === undefined ? badge("passes", "good") : open.state === "failed" ? badge("open", "warning") : badge("not yet", "neutral")}
    </li>`;
  };
  const run = tests?.tests ?? [];
  return html`<ul class="form-rows">
    <li>
      <a href=${formatRoute({ page: "promote", name: rule.name })}>Gate for paging</a>
      <span class="grow">${passed} of ${gate.checks.length} checks pass</span>
      ${gate.passed ? badge("passes", "good") : badge("open", "warning")}
    </li>
    ${row("Tests", ["tests.match", "tests.no-match"], run.length === 0 ? "none" : `${run.filter((test) => test.passed).length} of ${run.length} pass`)}
    ${row("Broken variants", ["mutation"], mutationText(evidence.mutation))}
    ${row("Backtest", ["backtest", "budget"], backtest === null ? "not run on this version" : `${formatRate(backtest.alertsPerWeek)} a week`)}
    ${row("Overlap", ["overlap"], overlapText(evidence.overlap))}
    ${row("Fields and sources", ["health", "fields"], healthText(evidence.health))}
    ${row("Blind spots", ["ads.blind-spots.hold", "ads.blind-spots"], blindText(evidence.blindSpots))}
    ${row("Proof", ["proof", "batch-reason"], rule.mode === "batch" ? "it runs as batch" : (rule.proof?.words ?? "Never proved."))}
    ${
      rule.lastChange === null
        ? nothing
        : html`<li>
            <span class="muted">${rule.lastChange.verb}</span>
            <span class="grow muted">${instant(rule.lastChange.at)} by ${rule.lastChange.by}${rule.lastChange.reason === "" ? "" : `: ${rule.lastChange.reason}`}</span>
          </li>`
    }
  </ul>`;
}

function behind({ controls, stage }: RuleDetail): unknown {
  if (controls.lagMs === null) return stage;
  if (controls.nextRun !== null) return html`next run ${age(controls.nextRun)}`;
  const complete = controls.watermark === null ? nothing : html`complete up to ${age(controls.watermark)}`;
  return controls.delay === null
    ? complete
    : html`${controls.delay}${complete === nothing ? "" : "; "}${complete}`;
}

function mutationText(mutation: RuleDetail["evidence"]["mutation"]): string {
  if (mutation === null) return "not computed";
  const caught = mutation.mutants.filter((mutant) => mutant.caught).length;
  const same = new Set(mutation.equivalent);
  return `${caught} of ${mutation.mutants.filter(({ id, caught: noticed }) => noticed || !same.has(id)).length} noticed by the tests`;
}

function blindText(spots: RuleDetail["evidence"]["blindSpots"]): string {
  if (spots === null) return "not checked";
  const broken = spots.filter(({ state }) => state === "broken").length;
  return broken > 0 ? `${broken} of ${spots.length} broken` : `${spots.length} written, none broken`;
}

function overlapText(overlap: RuleDetail["evidence"]["overlap"]): string {
  if (overlap === null) return "not computed";
  const most = overlap.rules.toSorted((one, other) => other.ofMine - one.ofMine)[0];
  return most === undefined
    ? "no other rule finds the same"
    : `${formatShare(most.ofMine)} is found by ${most.rule} too`;
}

function healthText(health: RuleDetail["evidence"]["health"]): string {
  if (health === null) return "not computed";
  const sick = health.sources.filter(({ well }) => !well).map(({ source }) => source);
  const gone = health.fields.filter(({ filledShare }) => filledShare === null).length;
  if (sick.length > 0) return `${sick.join(", ")} is sick`;
  return gone > 0
    ? `${formatPlural(gone, "field")} gone`
    : `${formatPlural(health.fields.length, "field")} filled`;
}

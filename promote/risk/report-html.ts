/** The risk report as a document that prints. Browser-safe: pure functions of the report. */
import { escapeMarkup } from "./chart-svg.ts";
import { formatShare as percent } from "./format-share.ts";
import { formatUsd } from "./format-usd.ts";
import {
  calibrationChart,
  creditChart,
  exceedanceChart,
  informationChart,
  keepOrDropChart,
  portfolioChart,
} from "./report-charts.ts";
import type { AssumptionRow, Interval, RiskReport } from "./report-value.ts";

/** Rules of the report's own page, wherever it stands: all hang on `.report`. */
const STYLE = `
.report { color-scheme: light; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --blue: #2a62a8; --pale: #9fb9d8; --red: #b23a30; --gold: #a06a00; }
* { box-sizing: border-box; }
.report { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: #fff; margin: 0 auto; max-width: 1060px; padding: 24px; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1rem; margin: 0 0 .15rem; }
p { margin: 0 0 .5rem; } .soft { color: var(--soft); font-size: .85rem; }
.grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 18px 28px; margin: 16px 0; }
section { break-inside: avoid; }
.lists { columns: 2 420px; column-gap: 28px; } ul { margin: 0 0 .75rem; padding-left: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-size: .8rem; margin: .25rem 0 1rem; }
caption { text-align: left; font-weight: 600; font-size: 1rem; padding-bottom: .2rem; }
th, td { text-align: left; vertical-align: top; padding: 3px 8px 3px 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td.n, th.n { text-align: right; white-space: nowrap; }
tr { break-inside: avoid; }
.origin-default { color: var(--gold); } .origin-measured { color: var(--blue); }
svg { display: block; max-width: 100%; font: 11px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .axis, svg .note { fill: var(--soft); }
svg .grid { stroke: var(--line); stroke-width: .7; } svg .zero { stroke: var(--soft); }
svg .curve { fill: none; stroke-width: 2; } svg .none { stroke: var(--soft); stroke-dasharray: 5 4; } svg .without { stroke: var(--red); } svg .all { stroke: var(--blue); }
svg .bar { fill: var(--blue); fill-opacity: .75; } svg .bar.candidate { fill: var(--pale); } svg .bar.current { fill: var(--gold); }
svg .whisker { stroke: var(--ink); stroke-width: 1.4; } svg .cost { stroke: var(--red); stroke-width: 2; } svg .cost.thin { stroke-width: 1; }
svg .dot { fill: var(--ink); } svg .gain { fill: var(--blue); } svg .loss { fill: var(--red); } svg .appetite { fill: var(--gold); }
svg .even { stroke: var(--soft); stroke-dasharray: 3 3; }
@media print { .report { padding: 0; font-size: 9.5px; max-width: none; } h1 { font-size: 15px; } .grid2 { grid-template-columns: 1fr 1fr; gap: 6px 16px; margin: 6px 0; } svg { max-height: 58mm; } table { font-size: 7px; line-height: 1.25; margin-bottom: 4px; } caption { font-size: 9px; padding: 0; } th, td { padding: .5px 5px .5px 0; } ul { margin: 0 0 4px; padding-left: 14px; font-size: 8px; } h2 { font-size: 10px; } .soft { font-size: .9em; } .page2 { break-before: page; } .screen-only { display: none; } }
`;

const PRINTED_ASSUMPTIONS = 14;

const text = escapeMarkup;

function range(value: Interval, format: (value: number) => string): string {
  return value.q05 === value.q95
    ? format(value.mean)
    : `${format(value.mean)} <span class="soft">[${format(value.q05)}, ${format(value.q95)}]</span>`;
}

function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[],
  rowClass: (index: number) => string = () => "",
): string {
  const cell = (tag: "td" | "th", html: string, i: number): string =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""}${numeric.includes(i) ? ' class="n"' : ""}>${html}</${tag}>`;
  return `<table><caption>${text(caption)}</caption><thead><tr>${heads
    .map((head, i) => cell("th", text(head), i))
    .join("")}</tr></thead><tbody>${rows
    .map(
      (row, r) =>
        `<tr${rowClass(r) ? ` class="${rowClass(r)}"` : ""}>${row.map((html, i) => cell("td", html, i)).join("")}</tr>`,
    )
    .join("")}</tbody></table>`;
}

function chart(title: string, note: string, drawing: string): string {
  return `<section><h2>${text(title)}</h2><p class="soft">${text(note)}</p>${drawing}</section>`;
}

function assumptionValue(row: AssumptionRow): string {
  const format = (value: number): string => String(Number(value.toPrecision(3)));
  return range(row, format);
}

/**
 * The report as one self-contained HTML document: no script, nothing loaded, two printed pages for a company of
 * ordinary size. Every text of the model is escaped.
 */
export function renderRiskReportHtml(report: RiskReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Risk report ${text(report.generated.slice(0, 10))}</title><style>${STYLE}@page { size: A4; margin: 11mm; }</style></head>
<body>${riskReportMarkup(report)}</body></html>
`;
}

/** The report as a style sheet and markup to stand in a document of the caller's (a shadow root keeps both apart from it). */
export function riskReportParts(report: RiskReport): { readonly css: string; readonly markup: string } {
  return { css: STYLE, markup: riskReportMarkup(report) };
}

function riskReportMarkup(report: RiskReport): string {
  const { headline, information, exceedance, appetite } = report;
  const all = exceedance.curves[2]!;
  const without = exceedance.curves[1]!;
  const none = exceedance.curves[0]!;
  const appetiteNote =
    appetite === null
      ? "No appetite is set in risk/model.yaml."
      : `P(year > ${formatUsd(appetite.usd)}): ${percent(none.overAppetite!)} with no source, ${percent(without.overAppetite!)} for “${without.label}”, ${percent(all.overAppetite!)} for “${all.label}”, against an appetite of ${percent(appetite.probability)}.`;

  const charts = [
    chart("Chance of a year worse than", appetiteNote, exceedanceChart(report)),
    chart(
      "What each source is worth a year",
      "Bar: credit (Shapley; add-one for a candidate) with 90% interval. Dot: what we lose without it. Red tick: cost avoided without it.",
      creditChart(report),
    ),
    chart(
      "Keep or drop",
      "Above the line a source saves more than it costs. Percent: P(worth it).",
      keepOrDropChart(report),
    ),
    chart(
      "What to measure next",
      `${report.focus.question} ${information.advice} Noise floor ${formatUsd(information.floorUsd)} (red tick); a figure beside a bar is what measuring it costs.`,
      informationChart(report),
    ),
    chart("Sets of sources by net value", "▸ and gold: what we have now.", portfolioChart(report)),
    chart(
      "Are our forecasts any good?",
      "Dots on the line are calibrated; whiskers are 95%.",
      calibrationChart(report),
    ),
  ];

  const sources = table(
    "Sources",
    ["Source", "Cost a year", "Coverage", "Reduction lost without it", "Net", "P(worth it)", "Decision"],
    report.sources.map((source) => [
      `${text(source.title)} <small class="soft">${text(source.id)}</small>${source.status === "candidate" ? " <em>candidate</em>" : ""}`,
      source.costKnown ? `${range(source.cost, formatUsd)}${costSplit(source)}` : "not known",
      source.coverage
        .map(
          (one) =>
            `${text(one.scenario)} ${percent(one.mean)} <span class="origin-${one.origin}">${one.origin}${one.evidence > 0 ? `, n=${one.evidence}${aged(one)}` : ""}</span>`,
        )
        .join("<br>"),
      range(source.marginal, formatUsd),
      formatUsd(source.netMarginal.mean),
      percent(source.worthIt),
      `${text(source.decision)}${source.constraints.map((reason) => `<br><span class="soft">${text(reason)}</span>`).join("")}`,
    ]),
    [3, 4, 5],
  );
  const detections = table(
    "Rules and hunts",
    [
      "Rule",
      "Needs",
      "P(fires)",
      "P(acted on)",
      "Precision",
      "Alerts a year",
      "Minutes",
      "Triage",
      "$ a true positive",
      "Worth",
      "Fired, tested",
      "Decision",
    ],
    report.detections.map((row) => [
      `${text(row.id)}${row.kind === "hunt" ? " <em>hunt</em>" : ""}`,
      text(row.requires.join(", ")),
      `${range(row.p, percent)} <span class="origin-${row.pOrigin}">${row.pOrigin}</span>`,
      percent(row.h),
      row.precision ? range(row.precision, percent) : "none yet",
      range(row.alerts, (count) => String(Math.round(count))),
      row.triageMinutes.toFixed(0),
      range(row.triage, formatUsd),
      row.usdPerTruePositive === null ? "" : formatUsd(row.usdPerTruePositive),
      formatUsd(row.valueUsd),
      text(`${row.lastFired?.slice(0, 10) ?? "never"}, ${row.lastTest?.slice(0, 10) ?? "never"}`),
      text(row.decision),
    ]),
    [2, 3, 4, 5, 6, 7, 8, 9],
  );
  const scenarios = table(
    "Scenarios",
    [
      "Scenario",
      "Attacks a year",
      "Loss if never detected",
      "Expected a year, no source",
      "Expected a year, now",
    ],
    report.scenarios.map((row) => [
      text(row.title),
      range(row.frequency, (value) => value.toFixed(2)),
      range(row.lossPerEventUsd, formatUsd),
      formatUsd(row.withoutUsd),
      formatUsd(row.nowUsd),
    ]),
    [1, 2, 3, 4],
  );
  const assumptions = table(
    `Assumptions, most valuable first (${report.origins.measured} measured, ${report.origins.elicited} elicited, ${report.origins.default} defaults)`,
    [
      "Assumption",
      "Value [90%]",
      "Origin",
      "By, when, evidence",
      "Net value in focus at 5% / 95%",
      "Worth knowing",
    ],
    report.assumptions.map((row) => [
      text(row.name),
      assumptionValue(row),
      `<span class="origin-${row.origin}">${row.origin}</span>`,
      text(
        [row.author, row.date, row.evidence > 0 ? `n=${row.evidence}${aged(row)}` : "", row.source]
          .filter(Boolean)
          .join("; "),
      ),
      row.swingUsd ? `${formatUsd(row.swingUsd[0])} / ${formatUsd(row.swingUsd[1])}` : "",
      row.evppiUsd === null ? "" : formatUsd(row.evppiUsd),
    ]),
    [1, 4, 5],
    (index) => (index >= PRINTED_ASSUMPTIONS ? "screen-only" : ""),
  );
  const changes =
    report.changes.length === 0
      ? ""
      : table(
          "Changes since the last report",
          ["Figure", "Before", "Now", "Because"],
          report.changes.map((row) => [
            text(row.figure),
            formatUsd(row.before),
            formatUsd(row.after),
            text(row.because),
          ]),
          [1, 2],
        );
  const { check } = exceedance;
  return `<main class="report">
<header><h1>${text(headline.sentence)}</h1>
<p><strong>${text(headline.decision)}</strong></p>
<p class="soft">Net of costs ${range(headline.net, formatUsd)} a year; P(worth it) ${percent(headline.netPositive)}. ${text(report.generated.slice(0, 16).replace("T", " "))} UTC. Intervals are 90% over what we do not know; only the first chart mixes in luck.</p></header>
<div class="grid2">${charts.join("")}</div>
<div class="page2">
<div class="lists">${list("What to do", decisionLines(report), PRINTED_DECISIONS)}
${list("Hunt first", huntFirstLines(report), 3)}
${list("The losing case", report.losingCase)}
${list(
  "Kept for other reasons than dollars",
  report.constraints.map(({ title, reason }) => `${title}: ${reason}`),
)}</div>
${sources}${detections}${scenarios}${changes}${assumptions}
<p class="soft">Seed ${report.seed}, ${report.draws} draws; P(year &gt; ${formatUsd(check.usd)}) is ${percent(check.exact)} by Fourier transform and ${percent(check.simulated)} in ${check.years} simulated years (${check.agrees ? "they agree" : "they disagree: do not trust the first chart"}).</p>
</div></main>`;
}

/** What measured evidence still counts as, where that is less. */
function aged(row: { readonly evidence: number; readonly effectiveEvidence: number }): string {
  const left = Math.round(row.effectiveEvidence);
  return left < row.evidence ? `, counts as ${left}` : "";
}

function list(title: string, sentences: readonly string[], shown = sentences.length): string {
  if (sentences.length === 0) return "";
  return `<section><h2>${text(title)}</h2><ul>${sentences
    .map((sentence, i) => `<li${i >= shown ? ' class="screen-only"' : ""}>${text(sentence)}</li>`)
    .join("")}</ul></section>`;
}

const PRINTED_DECISIONS = 6;

/** What asks for somebody first; to keep what one has is no news. */
function decisionLines(report: RiskReport): string[] {
  return report.decisions
    .filter(({ kind }) => kind !== "keep" && kind !== "skip")
    .map(({ title, text: said, usd }) => `${title} (${formatUsd(usd)} a year). ${said}`);
}

function huntFirstLines(report: RiskReport): string[] {
  return report.huntFirst.map((row) => `${row.title}: ${row.advice} ${row.stop}`);
}

function costSplit(source: RiskReport["sources"][number]): string {
  const { costParts } = source;
  if (!costParts) return "";
  const parts = Object.entries(costParts).filter(([part, usd]) => usd > 0 && part !== "stated");
  if (parts.length === 0) return "";
  return `<br><span class="soft">${parts.map(([part, usd]) => `${part} ${formatUsd(usd)}`).join(", ")}</span>`;
}

import { distributionMean } from "./distribution.ts";
import { annualLoss, lossTablesAt } from "./expected-loss.ts";
import { formatShare } from "./format-share.ts";
import { formatUsd } from "./format-usd.ts";
import { evppi, evsiCount } from "./information.ts";
import type { ReportContext } from "./report-context.ts";
import type { DecisionRow, DetectionRow, HuntFirstRow, RiskReport, SourceRow } from "./report-value.ts";

/** Share of the ingest price that a data lake saves: $0.05 a gigabyte against about $4.75 (secondary source). */
const LAKE_SAVES = 1 - 0.05 / 4.75;
const WELL_COVERED = 0.95;
const WELL_HANDLED = 0.95;
/** Smaller than this share of today's expected loss is not worth a line. */
const WORTH_SAYING = 0.005;
const PEER_YEARS = 20;

const INFINITIVES = {
  onboard: "Onboard",
  "hunt-first": "Hunt first:",
  keep: "Keep",
  measure: "Measure before dropping",
  drop: "Drop",
  skip: "Skip",
} as const;

/** What to do and to leave, each with the dollars that hang on it. */
export function decisionsOf(
  context: ReportContext,
  parts: {
    readonly sources: readonly SourceRow[];
    readonly detections: readonly DetectionRow[];
    readonly huntFirst: readonly HuntFirstRow[];
    readonly information: RiskReport["information"];
  },
): DecisionRow[] {
  const severalDrops = parts.sources.filter(({ decisionKind }) => decisionKind === "drop").length > 1;
  const rows: DecisionRow[] = [
    ...parts.sources.map((source) => sourceDecision(source, parts.huntFirst, severalDrops)),
    ...cheapStorage(context, parts),
    ...coverageToFix(context, parts.sources),
    ...rulesToTune(parts.detections),
    ...triageToStaff(context, parts.detections),
    ...frequencyToCollect(context),
  ];
  return rows.sort((p, q) => Math.abs(q.usd) - Math.abs(p.usd));
}

function sourceDecision(
  source: SourceRow,
  huntFirst: readonly HuntFirstRow[],
  severalDrops: boolean,
): DecisionRow {
  const hunt = huntFirst.find((row) => row.source === source.id && row.verdict === "hunt");
  const text = source.decision.charAt(0).toUpperCase() + source.decision.slice(1);
  return {
    kind: source.decisionKind,
    title: `${INFINITIVES[source.decisionKind]} ${source.title}`,
    text:
      source.decisionKind === "hunt-first" && hunt
        ? `${text} ${hunt.advice}`
        : source.decisionKind === "drop" && severalDrops
          ? `${text} One at a time: what is dropped makes the others worth more.`
          : text,
    // Dropping what costs more than it saves brings the difference.
    usd: source.decisionKind === "drop" ? -source.netMarginal.mean : source.netMarginal.mean,
    link: { page: "source", name: source.id },
  };
}

/** Data that no streaming rule reads can lie where reading is slow and storing is cheap. */
function cheapStorage(
  { compiled }: ReportContext,
  {
    sources,
    detections,
  }: { readonly sources: readonly SourceRow[]; readonly detections: readonly DetectionRow[] },
): DecisionRow[] {
  return sources.flatMap((source): DecisionRow[] => {
    const savedUsd = (source.costParts?.ingest ?? 0) * LAKE_SAVES;
    const streams = detections.some(
      ({ id, requires, active, valueUsd }) =>
        active &&
        valueUsd > 0 &&
        requires.includes(source.id) &&
        compiled.model.detections.find((one) => one.id === id)!.cadenceDays === 0,
    );
    if (source.status !== "onboarded" || streams || savedUsd < 100) return [];
    return [
      {
        kind: "cheap-storage",
        title: `Move ${source.title} to cheap storage`,
        text: `No streaming rule earns anything from it; hunts can read it from a lake, which saves about ${formatUsd(savedUsd)} a year of ingest (default prices).`,
        usd: savedUsd,
        link: { page: "source", name: source.id },
      },
    ];
  });
}

function coverageToFix({ compiled, current }: ReportContext, sources: readonly SourceRow[]): DecisionRow[] {
  const now = annualLoss(compiled, lossTablesAt(compiled), current);
  return sources.flatMap((source): DecisionRow[] => {
    if (source.status !== "onboarded" || source.coverage.length === 0) return [];
    const values = Float64Array.from(compiled.means);
    compiled.inputs.forEach((input, i) => {
      if (input.name.startsWith(`coverage:${source.id}/`)) values[i] = Math.max(input.mean, WELL_COVERED);
    });
    const gainUsd = now - annualLoss(compiled, lossTablesAt(compiled, values), current);
    const least = Math.min(...source.coverage.map(({ mean }) => mean));
    if (gainUsd < WORTH_SAYING * now || least >= 0.9) return [];
    return [
      {
        kind: "fix-coverage",
        title: `Fix the coverage of ${source.title}`,
        text: `It sees ${formatShare(least)} where it sees least; at ${formatShare(WELL_COVERED)} everywhere the expected loss falls by ${formatUsd(gainUsd)} a year.`,
        usd: gainUsd,
        link: { page: "source", name: source.id },
      },
    ];
  });
}

function rulesToTune(detections: readonly DetectionRow[]): DecisionRow[] {
  return detections
    .filter((row) => row.active && row.valueUsd < row.triageUsd)
    .map((row) => ({
      kind: "tune-rule" as const,
      title: `Tune or retire ${row.id}`,
      text: `Its alerts cost ${formatUsd(row.triageUsd)} a year of looking; what it adds to the others is ${formatUsd(row.valueUsd)}.`,
      usd: row.valueUsd - row.triageUsd,
      link: { page: row.kind === "rule" ? ("rule" as const) : ("notebook" as const), name: row.id },
    }));
}

/** About alerts that nobody had time for, never about who had none. */
function triageToStaff(
  { compiled, current }: ReportContext,
  detections: readonly DetectionRow[],
): DecisionRow[] {
  const now = annualLoss(compiled, lossTablesAt(compiled), current);
  const values = Float64Array.from(compiled.means);
  compiled.inputs.forEach((input, i) => {
    if (input.kind === "h") values[i] = Math.max(input.mean, WELL_HANDLED);
  });
  const gainUsd = now - annualLoss(compiled, lossTablesAt(compiled, values), current);
  const active = detections.filter((row) => row.active);
  const hours = active.reduce((sum, row) => sum + (row.alertsPerYear * row.triageMinutes) / 60, 0);
  if (gainUsd < WORTH_SAYING * now || active.length === 0) return [];
  return [
    {
      kind: "staff-triage",
      title: "Staff triage",
      text: `Acting on ${formatShare(WELL_HANDLED)} of all alerts takes ${formatUsd(gainUsd)} a year off the expected loss; today's alerts take ${Math.round(hours)} hours a year.`,
      usd: gainUsd,
      link: { page: "alerts", name: "" },
    },
  ];
}

/** How often it happens is usually what decides, and the cheapest to learn from others. */
function frequencyToCollect(context: ReportContext): DecisionRow[] {
  const { compiled, sampled, focusIndex } = context;
  const { net, evpiUsd } = context.decisions[focusIndex]!;
  const focus = compiled.model.sources[focusIndex]!;
  const found = compiled.model.scenarios.flatMap((scenario, s) => {
    const { distribution } = scenario.frequency;
    if (distribution.kind !== "gamma") return [];
    const evsiUsd = evsiCount(evppi(sampled.inputs[2 * s]!, net), distribution, PEER_YEARS);
    return [{ scenario, evsiUsd, mean: distributionMean(distribution) }];
  });
  const best = found.sort((p, q) => q.evsiUsd - p.evsiUsd)[0];
  if (!best || best.evsiUsd < 0.05 * evpiUsd || best.evsiUsd < 100) return [];
  return [
    {
      kind: "collect-frequency",
      title: `Collect evidence on how often: ${best.scenario.title}`,
      text: `${PEER_YEARS} company-years of incidents, our own or of peers who count them, would be worth ${formatUsd(best.evsiUsd)} a year to the decision on ${focus.title}.`,
      usd: best.evsiUsd,
      link: { page: "forecasts", name: "" },
    },
  ];
}

import { effectiveEvidence } from "./ageing.ts";
import { horizonFactor } from "./cost.ts";
import { summarise } from "./epistemic.ts";
import { formatShare } from "./format-share.ts";
import { formatUsd } from "./format-usd.ts";
import type { RiskModel } from "./model.ts";
import { detectionTriageUsd } from "./model-cost.ts";
import { interval, quantityInterval, type ReportContext } from "./report-context.ts";
import type { SourceDecision, SourceRow } from "./report-value.ts";

/** One source: what it brings, costs and is decided to be; `overAppetite` gives P(year > appetite) of any set. */
export function sourceRow(
  context: ReportContext,
  i: number,
  overAppetite: (mask: number) => number | null,
): SourceRow {
  const { compiled, sampled, current, costDraws, today } = context;
  const decisionDraws = context.decisions[i]!;
  const { avoidedUsd, evpiUsd } = decisionDraws;
  const { model } = compiled;
  const source = model.sources[i]!;
  const onboard = source.status === "onboarded";
  const marginal = summarise(sampled.marginal[i]!);
  const netMarginal = summarise(decisionDraws.net);
  const credit = onboard ? summarise(sampled.shapley[i]!) : marginal;
  const changed = overAppetite(onboard ? current & ~(1 << i) : current | (1 << i));
  const now = overAppetite(current);
  const { appetite } = model.settings;
  const neededForAppetite =
    onboard && appetite !== null && now !== null && changed !== null
      ? now <= appetite.probability && changed > appetite.probability
      : false;
  const ownCost = source.costUsdPerYear ?? 0;
  const sharedTriage = model.detections.reduce((sum, detection, r) => {
    const isCurrent = detection.requires.every((id) =>
      model.sources.some((other, k) => other.id === id && (((current | (1 << i)) >> k) & 1) === 1),
    );
    return detection.requires.includes(source.id) && isCurrent
      ? sum + detectionTriageUsd(model, r) / detection.requires.length
      : sum;
  }, 0);
  const decision = decide(
    onboard,
    netMarginal,
    evpiUsd,
    neededForAppetite,
    source.constraints.length > 0,
    model,
    source.id,
  );
  return {
    id: source.id,
    title: source.title,
    status: source.status,
    costUsd: ownCost,
    costKnown: source.costUsdPerYear !== null,
    costParts: source.costParts,
    costOrigin: source.costOrigin,
    cost: interval(summarise(costDraws.own[i]!)),
    costAvoidedUsd: avoidedUsd,
    costAvoided: interval(summarise(decisionDraws.avoided)),
    credit: interval(credit),
    creditBasis: onboard ? "shapley" : "add-one",
    marginal: interval(marginal),
    netMarginal: interval(netMarginal),
    netCreditUsd: credit.mean - ownCost - sharedTriage,
    worthIt: netMarginal.positive,
    breakEvenCostUsd: Math.max(0, marginal.mean - (avoidedUsd - ownCost)),
    rosi: avoidedUsd > 0 ? netMarginal.mean / avoidedUsd : null,
    evpiUsd,
    overAppetiteChanged: changed,
    coverage: Object.entries(source.coverage).map(([scenario, value]) => ({
      scenario,
      ...quantityInterval(value),
      origin: value.origin,
      evidence: value.evidence,
      effectiveEvidence: effectiveEvidence(value, today),
      date: value.date,
    })),
    constraints: [
      ...(neededForAppetite
        ? [
            `Needed for the appetite: dropping it takes P(year > ${formatUsd(appetite!.usd)}) from ${formatShare(now!)} to ${formatShare(changed!)}, above ${formatShare(appetite!.probability)}.`,
          ]
        : []),
      ...source.constraints,
    ],
    decision: decision.text,
    decisionKind: decision.kind,
  };
}

function decide(
  onboard: boolean,
  net: { readonly mean: number; readonly positive: number },
  evpiUsd: number,
  neededForAppetite: boolean,
  constrained: boolean,
  model: RiskModel,
  id: string,
): { readonly kind: SourceDecision; readonly text: string } {
  const said = (kind: SourceDecision, text: string) => ({ kind, text });
  const { settings } = model;
  const horizonEvpi = horizonFactor(settings.discountRate, settings.horizonYears) * evpiUsd;
  const prices = model.measurements.filter(
    (measurement) =>
      measurement.input.includes(`:${id}/`) ||
      model.detections.some(
        (detection) =>
          detection.requires.includes(id) &&
          (measurement.input === `p:${detection.id}` || measurement.input === `h:${detection.id}`),
      ),
  );
  const cheapest = Math.min(...prices.map((measurement) => measurement.usd));
  const odds = `P(worth it) ${formatShare(net.positive)}`;
  const money = `${formatUsd(net.mean)} a year net`;
  const worthMeasuring = Number.isFinite(cheapest)
    ? horizonEvpi > cheapest
    : horizonEvpi > 0.05 * Math.abs(net.mean);
  if (onboard) {
    if (net.mean >= 0) return said("keep", `keep it (${money}, ${odds}).`);
    if (neededForAppetite)
      return said(
        "keep",
        `keep it: below break-even (${money}, ${odds}), but it is what meets the appetite.`,
      );
    if (constrained) return said("keep", `below break-even (${money}, ${odds}); kept for the reasons named.`);
    if (worthMeasuring && net.positive > 0.2)
      return said(
        "measure",
        `measure before dropping it (${money}, ${odds}; knowing more is worth up to ${formatUsd(evpiUsd)} a year).`,
      );
    return said("drop", `drop it, or bring its cost down (${money}, ${odds}).`);
  }
  if (net.mean >= 0 && net.positive > 0.8) return said("onboard", `onboard it (${money}, ${odds}).`);
  if (worthMeasuring && net.positive > 0.05)
    return said(
      "hunt-first",
      `hunt in a sample first (${money}, ${odds}; knowing more is worth up to ${formatUsd(evpiUsd)} a year).`,
    );
  return net.mean >= 0
    ? said("onboard", `onboard it (${money}, ${odds}).`)
    : said("skip", `skip it (${money}, ${odds}).`);
}

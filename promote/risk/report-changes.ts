import { setSize } from "./coalition.ts";
import { annualLoss, compileRisk, lossTablesAt } from "./expected-loss.ts";
import { formatUsd } from "./format-usd.ts";
import type { RiskModel } from "./model.ts";
import { modelCosts, onboardMask } from "./model-cost.ts";
import { type ModelChange, modelChanges } from "./model-parts.ts";
import type { ChangeRow, RiskReport } from "./report-value.ts";
import { shapleyExact } from "./shapley.ts";

/** More sources on board than this would make every swap slow: their credits are then not attributed. */
const CREDITED_SOURCES = 10;
const NAMED_CAUSES = 4;
/** A cause smaller than this share of the figure's move is left to the rest. */
const SMALLEST_CAUSE = 0.01;

/**
 * Figures that moved by more than 1% since the last report, and why: the inputs that differ are swapped one after the
 * other, the one that moves the reduction most first, and each is given the dollars that its swap moved every figure by.
 * The swaps' dollars sum to the move at the means; the rest is the spread around them.
 */
export function changesSince(previous: RiskReport, report: RiskReport): ChangeRow[] {
  // Reports kept by an earlier version of the product hold no model.
  const swaps = previous.model ? swapsBetween(previous.model, report.model) : null;
  const rows: ChangeRow[] = [];
  const compare = (figure: string, key: string, before: number, after: number, otherwise: string): void => {
    if (Math.abs(after - before) <= 0.01 * Math.max(1, Math.abs(before))) return;
    const causes = (swaps ?? [])
      .map(({ text, moved }) => ({ what: text, usd: moved.get(key) ?? 0 }))
      .filter(({ usd }) => Math.abs(usd) > Math.max(0.5, SMALLEST_CAUSE * Math.abs(after - before)))
      .sort((p, q) => Math.abs(q.usd) - Math.abs(p.usd));
    const explained = causes.reduce((sum, { usd }) => sum + usd, 0);
    const more = causes.length - NAMED_CAUSES;
    rows.push({
      ...{ figure, before, after, causes },
      unexplainedUsd: after - before - explained,
      because:
        causes.length === 0
          ? otherwise
          : causes
              .slice(0, NAMED_CAUSES)
              .map(({ what, usd }) => `${what} (${usd > 0 ? "+" : ""}${formatUsd(usd)})`)
              .join("; ") + (more > 0 ? `; and ${more} more` : ""),
    });
  };
  const rest =
    swaps === null ? "the last report kept no model to compare with" : "the spread around the means";
  const { headline: old } = previous;
  const { headline: now } = report;
  compare("expected loss without sources", "baseline", old.baseline.mean, now.baseline.mean, rest);
  compare("reduction by the current set", "reduction", old.reduction.mean, now.reduction.mean, rest);
  compare("cost of the current set", "cost", old.costUsd, now.costUsd, "costs or volumes changed");
  for (const source of report.sources) {
    const before = previous.sources.find((row) => row.id === source.id);
    if (!before) {
      rows.push({
        figure: `${source.title} (new)`,
        before: 0,
        after: source.credit.mean,
        because: "the source is new",
        causes: [{ what: "the source is new", usd: source.credit.mean }],
        unexplainedUsd: 0,
      });
      continue;
    }
    const { title, id } = source;
    compare(`credit of ${title}`, `credit:${id}`, before.credit.mean, source.credit.mean, rest);
    compare(
      `cost of ${title}`,
      `cost:${id}`,
      before.costAvoidedUsd,
      source.costAvoidedUsd,
      "costs, volumes or triage changed",
    );
  }
  return rows;
}

interface Swap {
  readonly name: string;
  readonly text: string;
  /** Dollars by figure. */
  readonly moved: ReadonlyMap<string, number>;
}

/** Swaps every change in turn, largest effect on the reduction first. */
export function swapsBetween(before: RiskModel, after: RiskModel): Swap[] {
  const changes = modelChanges(before, after);
  const start = figuresOf(before);
  const alone = (change: ModelChange): number => {
    const figures = tryFigures(change.apply(before));
    if (figures === null) return 0;
    return Math.max(
      ...["baseline", "reduction", "cost"].map((key) => Math.abs(figures.get(key)! - start.get(key)!)),
    );
  };
  const ordered = changes
    .map((change) => ({ change, effect: alone(change) }))
    // What is new or gone comes first: the numbers of a source that is not there yet move nothing.
    .sort((p, q) => structure(q.change) - structure(p.change) || q.effect - p.effect);
  let model = before;
  let figures = start;
  return ordered.map(({ change }): Swap => {
    model = change.apply(model);
    const next = figuresOf(model);
    const moved = new Map([...next].map(([key, usd]) => [key, usd - (figures.get(key) ?? 0)]));
    figures = next;
    return { name: change.name, text: change.text, moved };
  });
}

function structure({ name }: ModelChange): number {
  return /^(scenario|source|rule):/.test(name) ? 1 : 0;
}

function tryFigures(model: RiskModel): ReadonlyMap<string, number> | null {
  return model.scenarios.length === 0 || model.sources.length === 0 ? null : figuresOf(model);
}

/** Expected loss, reduction, cost and every source's credit and cost, at the means; dollars a year. */
function figuresOf(model: RiskModel): Map<string, number> {
  const compiled = compileRisk(model);
  const tables = lossTablesAt(compiled);
  const current = onboardMask(model);
  const cost = modelCosts(model);
  const loss = (mask: number): number => annualLoss(compiled, tables, mask);
  const baseline = loss(0);
  const figures = new Map([
    ["baseline", baseline],
    ["reduction", baseline - loss(current)],
    ["cost", cost.of(current)],
  ]);
  const count = setSize(current);
  const bits = model.sources.flatMap((_, i) => ((current >> i) & 1 ? [1 << i] : []));
  const shapley =
    count > CREDITED_SOURCES
      ? null
      : shapleyExact(
          Float64Array.from(
            { length: 1 << count },
            (_, subset) =>
              baseline - loss(bits.reduce((mask, bit, i) => ((subset >> i) & 1 ? mask | bit : mask), 0)),
          ),
        );
  let rank = 0;
  model.sources.forEach((source, i) => {
    const bit = 1 << i;
    const onboard = (current & bit) !== 0;
    figures.set(`cost:${source.id}`, cost.of(current | bit) - cost.of(current & ~bit));
    if (!onboard) figures.set(`credit:${source.id}`, loss(current) - loss(current | bit));
    else if (shapley) figures.set(`credit:${source.id}`, shapley[rank++]!);
  });
  return figures;
}

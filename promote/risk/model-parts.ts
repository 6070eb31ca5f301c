import { distributionMean } from "./distribution.ts";
import type { Quantity, RiskModel, RiskSource } from "./model.ts";

/** A number or a piece of structure that one model has in place of another's. */
export interface ModelChange {
  /** An input's name, or what is new, gone or otherwise built. */
  readonly name: string;
  /** In words: `p:rule 0.76 to 0.1, now measured`. */
  readonly text: string;
  /** The given model with this one thing as in the new model. */
  apply(model: RiskModel): RiskModel;
}

/** Everything in which `after` differs from `before`, each on its own; all of them together make `after`. */
export function modelChanges(before: RiskModel, after: RiskModel): ModelChange[] {
  const changes: ModelChange[] = [];
  const same = (p: unknown, q: unknown): boolean => JSON.stringify(p) === JSON.stringify(q);

  for (const key of Object.keys(after.settings) as (keyof RiskModel["settings"])[]) {
    const [old, now] = [before.settings[key], after.settings[key]];
    if (same(old, now)) continue;
    changes.push({
      name: `settings:${key}`,
      text: `${key} ${plain(old)} to ${plain(now)}`,
      apply: (model) => ({ ...model, settings: { ...model.settings, [key]: now } }),
    });
  }

  presence("scenario", before.scenarios, after.scenarios, "scenarios");
  for (const [old, now] of both(before.scenarios, after.scenarios)) {
    const set = (part: Partial<typeof now>) => (model: RiskModel) => ({
      ...model,
      scenarios: model.scenarios.map((one) => (one.id === now.id ? { ...one, ...part } : one)),
    });
    quantityChange(`frequency:${now.id}`, old.frequency, now.frequency, (frequency) => set({ frequency }));
    if (!same(numbers(old.magnitude), numbers(now.magnitude))) {
      const range = ({ low, high }: typeof now.magnitude) => `${short(low)}..${short(high)}`;
      changes.push({
        name: `severity:${now.id}`,
        text: `severity:${now.id} ${range(old.magnitude)} to ${range(now.magnitude)}${relabelled(old.magnitude, now.magnitude)}`,
        apply: set({ magnitude: now.magnitude }),
      });
    }
    const { irCostUsd, damage, response, steps } = now;
    if (!same([old.irCostUsd, old.damage, old.response, old.steps], [irCostUsd, damage, response, steps])) {
      changes.push({
        name: `course:${now.id}`,
        text: `steps, damage or response of ${now.title} changed`,
        apply: set({ irCostUsd, damage, response, steps }),
      });
    }
  }

  presence("source", before.sources, after.sources, "sources");
  for (const [old, now] of both(before.sources, after.sources)) {
    const set = (part: (source: RiskSource) => RiskSource) => (model: RiskModel) => ({
      ...model,
      sources: model.sources.map((one) => (one.id === now.id ? part(one) : one)),
    });
    if (old.status !== now.status) {
      changes.push({
        name: `status:${now.id}`,
        text: now.status === "onboarded" ? `${now.title} came on board` : `${now.title} left`,
        apply: set((source) => ({ ...source, status: now.status })),
      });
    }
    if (!same([old.costUsdPerYear, old.costDistribution], [now.costUsdPerYear, now.costDistribution])) {
      changes.push({
        name: `cost:${now.id}`,
        text: `cost:${now.id} ${short(old.costUsdPerYear ?? 0)} to ${short(now.costUsdPerYear ?? 0)}`,
        apply: set(({ costDistribution: _, ...source }) => ({
          ...source,
          costUsdPerYear: now.costUsdPerYear,
          costParts: now.costParts,
          costOrigin: now.costOrigin,
          ...(now.costDistribution ? { costDistribution: now.costDistribution } : {}),
        })),
      });
    }
    if (old.retentionDays !== now.retentionDays) {
      changes.push({
        name: `retention:${now.id}`,
        text: `retention:${now.id} ${old.retentionDays ?? "unknown"} to ${now.retentionDays ?? "unknown"} days`,
        apply: set((source) => ({ ...source, retentionDays: now.retentionDays })),
      });
    }
    for (const scenario of new Set([...Object.keys(old.coverage), ...Object.keys(now.coverage)])) {
      const value = now.coverage[scenario] ?? NOTHING;
      quantityChange(`coverage:${now.id}/${scenario}`, old.coverage[scenario] ?? NOTHING, value, (next) =>
        set((source) => ({ ...source, coverage: { ...source.coverage, [scenario]: next } })),
      );
    }
  }

  presence("rule", before.detections, after.detections, "detections");
  for (const [old, now] of both(before.detections, after.detections)) {
    const set = (part: Partial<typeof now>) => (model: RiskModel) => ({
      ...model,
      detections: model.detections.map((one) => (one.id === now.id ? { ...one, ...part } : one)),
    });
    quantityChange(`p:${now.id}`, old.p, now.p, (p) => set({ p }));
    quantityChange(`h:${now.id}`, old.h, now.h, (h) => set({ h }));
    quantityChange(`alerts:${now.id}`, old.alertsPerYear, now.alertsPerYear, (value) =>
      set({ alertsPerYear: value }),
    );
    quantityChange(`minutes:${now.id}`, old.triageMinutes, now.triageMinutes, (value) =>
      set({ triageMinutes: value }),
    );
    const { kind, requires, targets, lagDays, cadenceDays } = now;
    if (
      !same(
        [old.kind, old.requires, old.targets, old.lagDays, old.cadenceDays],
        [kind, requires, targets, lagDays, cadenceDays],
      )
    ) {
      changes.push({
        name: `logic:${now.id}`,
        text: `what ${now.id} needs, targets or waits for changed`,
        apply: set({ kind, requires, targets, lagDays, cadenceDays }),
      });
    }
  }
  return changes;

  function quantityChange(
    name: string,
    old: Quantity,
    now: Quantity,
    set: (value: Quantity) => (model: RiskModel) => RiskModel,
  ): void {
    if (same(old.distribution, now.distribution)) return;
    const [from, to] = [distributionMean(old.distribution), distributionMean(now.distribution)];
    const moved = Math.abs(from - to) > 1e-9 * Math.max(1, Math.abs(to));
    changes.push({
      name,
      text: `${name} ${moved ? `${short(from)} to ${short(to)}` : "surer or less sure"}${relabelled(old, now)}`,
      apply: set(now),
    });
  }

  function presence<Key extends "scenarios" | "sources" | "detections">(
    word: string,
    old: readonly { readonly id: string }[],
    now: readonly { readonly id: string }[],
    key: Key,
  ): void {
    for (const one of now) {
      if (old.some(({ id }) => id === one.id)) continue;
      changes.push({
        name: `${word}:${one.id}`,
        text: `${word} ${one.id} is new`,
        apply: (model) => ({ ...model, [key]: [...model[key], one] }),
      });
    }
    for (const one of old) {
      if (now.some(({ id }) => id === one.id)) continue;
      changes.push({
        name: `${word}:${one.id}`,
        text: `${word} ${one.id} is gone`,
        apply: (model) => ({ ...model, [key]: model[key].filter(({ id }) => id !== one.id) }),
      });
    }
  }
}

const NOTHING: Quantity = {
  distribution: { kind: "fixed", value: 0 },
  ...{ origin: "elicited", author: "", date: "", evidence: 0, source: "" },
};

function both<One extends { readonly id: string }>(
  before: readonly One[],
  after: readonly One[],
): (readonly [One, One])[] {
  return after.flatMap((now) => {
    const old = before.find(({ id }) => id === now.id);
    return old ? [[old, now] as const] : [];
  });
}

function numbers({ low, high, level, capUsd }: RiskModel["scenarios"][number]["magnitude"]): unknown {
  return [low, high, level, capUsd];
}

function relabelled(old: { readonly origin: string }, now: { readonly origin: string }): string {
  return old.origin === now.origin ? "" : `, now ${now.origin}`;
}

function plain(value: unknown): string {
  return value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

import type { DamageCurve, Response } from "../damage.ts";
import { DEFAULT_DISCOVERY_DAYS, DEFAULT_FREQUENCY, DEFAULT_RESPONSE_DAYS } from "../defaults.ts";
import { distributionMean } from "../distribution.ts";
import { intervalWarnings } from "../lognormal.ts";
import type { Magnitude, Scenario, ScenarioStep } from "../model.ts";
import type { Path, Reader } from "./reader.ts";

/** One entry of `scenarios`. */
export function readScenario(reader: Reader, value: unknown, path: Path): Scenario {
  const node = reader.map(value, path);
  reader.known(node, path, [
    ...["id", "title", "frequency", "magnitude", "irCostUsd", "damage", "responseDays", "steps"],
  ]);
  const id = reader.id(node.id, [...path, "id"]);
  const steps = reader
    .list(node.steps, [...path, "steps"])
    .map((step, i) => readStep(reader, step, [...path, "steps", i]));
  if (steps.length === 0) {
    reader.error(
      "steps",
      path,
      `Scenario ${id} has no steps.`,
      "List what the attacker does, in order, under steps.",
    );
  }
  return {
    id,
    title: reader.text(node.title, [...path, "title"], id),
    frequency: reader.quantity(node.frequency, [...path, "frequency"], "rate", DEFAULT_FREQUENCY),
    magnitude: readMagnitude(reader, node.magnitude, [...path, "magnitude"]),
    irCostUsd: reader.number(node.irCostUsd, [...path, "irCostUsd"], { min: 0 }, 0),
    damage: readDamage(reader, node.damage, [...path, "damage"]),
    response: readResponse(reader, node.responseDays, [...path, "responseDays"]),
    steps,
  };
}

function readMagnitude(reader: Reader, value: unknown, path: Path): Magnitude {
  const node = Array.isArray(value) ? { interval: value } : reader.map(value, path);
  reader.known(node, path, ["interval", "level", "cap", "origin", "author", "date", "evidence", "source"]);
  const level = reader.number(node.level, [...path, "level"], { min: 0.1, max: 0.999 }, 0.9);
  const cap =
    node.cap === undefined || node.cap === null
      ? null
      : reader.number(node.cap, [...path, "cap"], { min: 1 }, 1);
  const interval = reader.pair(node.interval, [...path, "interval"]);
  const label = reader.label(node, path);
  if (!interval) return { low: 1, high: 2, level, capUsd: cap, ...label };
  const [low, high] = interval;
  if (!(low > 0 && low < high)) {
    reader.error(
      "magnitude",
      path,
      "The loss interval must rise from above 0.",
      "Write [low, high] in dollars.",
    );
    return { low: 1, high: 2, level, capUsd: cap, ...label };
  }
  const warnings = intervalWarnings(low, high);
  if (warnings.meanExceedsHigh && cap === null) {
    reader.error(
      "magnitude.cap",
      path,
      "The interval is so wide that its mean lies above its upper end.",
      "Give a cap: the most that one event could cost.",
    );
  } else if (warnings.wide) {
    reader.report(
      "warning",
      "magnitude.wide",
      path,
      "The upper end is more than 1,000 times the lower one.",
      "Split the scenario, or ask again with equivalent bets.",
    );
  }
  return { low, high, level, capUsd: cap, ...label };
}

function readDamage(reader: Reader, value: unknown, path: Path): DamageCurve {
  if (value === undefined || value === null)
    return [
      [0, 0],
      [DEFAULT_DISCOVERY_DAYS, 1],
    ];
  const knots = reader.list(value, path).flatMap((knot, i) => {
    const pair = reader.pair(knot, [...path, i]);
    return pair ? [pair] : [];
  });
  const rising = knots.every(
    ([day, share], i) =>
      day >= 0 &&
      share >= 0 &&
      share <= 1 &&
      (i === 0 || (day >= knots[i - 1]![0] && share >= knots[i - 1]![1])),
  );
  if (!rising || knots.length < 2 || knots[knots.length - 1]![1] !== 1) {
    reader.error(
      "damage",
      path,
      "The damage curve must rise in days and shares and end at 1.",
      "Write [[0, 0], [day, share], ..., [day somebody else tells us, 1]].",
    );
    return [
      [0, 0],
      [DEFAULT_DISCOVERY_DAYS, 1],
    ];
  }
  return knots;
}

function readResponse(reader: Reader, value: unknown, path: Path): Response {
  if (value === undefined || value === null || typeof value === "number") {
    return { kind: "fixed", days: reader.number(value, path, { min: 0 }, DEFAULT_RESPONSE_DAYS) };
  }
  const node = reader.map(value, path);
  const distribution = reader.distribution(node, path, "amount", { min: 0 });
  if (distribution?.kind === "lognormal") return distribution;
  return { kind: "fixed", days: distribution ? distributionMean(distribution) : DEFAULT_RESPONSE_DAYS };
}

function readStep(reader: Reader, value: unknown, path: Path): ScenarioStep {
  const node = reader.map(value, path);
  reader.known(node, path, ["name", "days", "q", "techniques"]);
  const own = [...path, "techniques"];
  const pairs = Array.isArray(node.techniques)
    ? node.techniques.map((item, i): [string, number] => {
        if (!Array.isArray(item)) return [reader.text(item, [...own, i]), 1 / (node.techniques as []).length];
        return [
          reader.text(item[0], [...own, i, 0]),
          reader.number(item[1], [...own, i, 1], { min: 0, max: 1 }, 0),
        ];
      })
    : Object.entries(reader.map(node.techniques, own)).map(([technique, weight]): [string, number] => [
        technique,
        reader.number(weight, [...own, technique], { min: 0, max: 1 }, 0),
      ]);
  const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  if (total > 1 + 1e-9) {
    reader.error(
      "weights",
      own,
      "The weights of a step's techniques sum to more than 1.",
      "Make them sum to 1.",
    );
  }
  return {
    name: reader.text(node.name, [...path, "name"]),
    days: reader.number(node.days, [...path, "days"], { min: 0 }, 1),
    q: reader.number(node.q, [...path, "q"], { min: 0, max: 1 }, 1),
    techniques: pairs,
  };
}

import { isMap, isSeq, LineCounter, parseDocument } from "yaml";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { MAXIMUM_SOURCES_PER_SCENARIO } from "./chain.ts";
import type { DamageCurve, Response } from "./damage.ts";
import {
  DEFAULT_ALERTS_PER_YEAR,
  DEFAULT_DISCOVERY_DAYS,
  DEFAULT_FREQUENCY,
  DEFAULT_H,
  DEFAULT_P,
  DEFAULT_RESPONSE_DAYS,
  DEFAULT_SETTINGS,
  DEFAULT_TRIAGE_MINUTES,
} from "./defaults.ts";
import { type Distribution, distributionMean } from "./distribution.ts";
import { betaFromInterval, gammaFromInterval } from "./from-interval.ts";
import { intervalWarnings, lognormalFromInterval } from "./lognormal.ts";
import type {
  Magnitude,
  Measurement,
  Origin,
  Quantity,
  RiskDetection,
  RiskModel,
  RiskSettings,
  RiskSource,
  Scenario,
  ScenarioStep,
} from "./model.ts";
import { pert } from "./pert.ts";

type Path = readonly (string | number)[];
type Node = { readonly [key: string]: unknown };
type Shape = "rate" | "probability" | "amount";

const MAXIMUM_SOURCES = 20;
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

class Reader {
  readonly issues: Issue[] = [];
  readonly place: string;
  readonly lineOf: (path: Path) => number | null;

  constructor(place: string, lineOf: (path: Path) => number | null) {
    this.place = place;
    this.lineOf = lineOf;
  }

  at(path: Path): string {
    const line = this.lineOf(path);
    return line === null ? `${this.place}#${path.join(".")}` : `${this.place}:${line}`;
  }

  report(severity: Issue["severity"], code: string, path: Path, message: string, remedy: string): void {
    this.issues.push({ severity, code: `risk.${code}`, place: this.at(path), message, remedy });
  }

  error(code: string, path: Path, message: string, remedy: string): void {
    this.report("error", code, path, message, remedy);
  }

  map(value: unknown, path: Path): Node {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Node;
    if (value !== undefined && value !== null)
      this.error("shape", path, `${name(path)} is not a mapping.`, "Write it as keys and values.");
    return {};
  }

  list(value: unknown, path: Path): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== undefined && value !== null)
      this.error("shape", path, `${name(path)} is not a list.`, "Write it as a list of entries.");
    return [];
  }

  known(node: Node, path: Path, keys: readonly string[]): void {
    for (const key of Object.keys(node)) {
      if (keys.includes(key)) continue;
      this.error(
        "unknown-key",
        [...path, key],
        `${key} is not a key here.`,
        `Use one of ${keys.join(", ")}.`,
      );
    }
  }

  number(value: unknown, path: Path, bounds: { min?: number; max?: number }, fallback: number): number {
    if (value === undefined || value === null) return fallback;
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
    if (typeof value === "number" && Number.isFinite(value) && value >= min && value <= max) return value;
    this.error(
      "number",
      path,
      `${name(path)} must be a number${bounds.min === undefined ? "" : ` of at least ${min}`}${bounds.max === undefined ? "" : ` and at most ${max}`}.`,
      "Write a plain number.",
    );
    return fallback;
  }

  text(value: unknown, path: Path, fallback = ""): string {
    if (value === undefined || value === null) return fallback;
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    if (value instanceof Date) return value.toISOString().slice(0, 10);
    this.error("text", path, `${name(path)} must be text.`, "Write plain text.");
    return fallback;
  }

  texts(value: unknown, path: Path): string[] {
    return this.list(value, path).map((item, i) => this.text(item, [...path, i]));
  }

  id(value: unknown, path: Path): string {
    const id = this.text(value, path);
    if (!ID.test(id))
      this.error(
        "id",
        path,
        `${name(path)} needs an id.`,
        "Letters, digits, dash, dot and underscore, at most 64.",
      );
    return id;
  }

  pair(value: unknown, path: Path): readonly [number, number] | null {
    if (Array.isArray(value) && value.length === 2 && value.every((item) => Number.isFinite(item))) {
      return [value[0] as number, value[1] as number];
    }
    this.error("pair", path, `${name(path)} must be two numbers.`, "Write [low, high].");
    return null;
  }

  label(node: Node, path: Path): Omit<Quantity, "distribution"> {
    const origin = node.origin ?? "elicited";
    if (origin !== "default" && origin !== "elicited" && origin !== "measured") {
      this.error(
        "origin",
        [...path, "origin"],
        "The origin is not known.",
        "Use default, elicited or measured.",
      );
    }
    return {
      origin: origin as Origin,
      author: this.text(node.author, [...path, "author"]),
      date: this.text(node.date, [...path, "date"]),
      evidence: this.number(node.evidence, [...path, "evidence"], { min: 0 }, 0),
      source: this.text(node.source, [...path, "source"]),
    };
  }

  quantity(value: unknown, path: Path, shape: Shape, fallback: Quantity): Quantity {
    if (value === undefined || value === null) return fallback;
    const bounds = shape === "probability" ? { min: 0, max: 1 } : { min: 0 };
    if (typeof value === "number") {
      return {
        distribution: { kind: "fixed", value: this.number(value, path, bounds, 0) },
        ...this.label({}, path),
      };
    }
    const node = this.map(value, path);
    this.known(node, path, [
      ...["value", "interval", "beta", "gamma", "pert"],
      ...["origin", "author", "date", "evidence", "source"],
    ]);
    const distribution = this.distribution(node, path, shape, bounds);
    return distribution ? { distribution, ...this.label(node, path) } : fallback;
  }

  distribution(
    node: Node,
    path: Path,
    shape: Shape,
    bounds: { min?: number; max?: number },
  ): Distribution | null {
    const given = ["value", "interval", "beta", "gamma", "pert"].filter((key) => node[key] !== undefined);
    const kind = given[0];
    if (given.length !== 1 || kind === undefined) {
      this.error(
        "quantity",
        path,
        `${name(path)} needs exactly one of value, interval, beta, gamma and pert.`,
        "Keep one of them.",
      );
      return null;
    }
    const own = [...path, kind];
    if (kind === "value") return { kind: "fixed", value: this.number(node.value, own, bounds, 0) };
    if (kind === "pert") {
      const three = this.list(node.pert, own).map((item, i) => this.number(item, [...own, i], bounds, 0));
      const [min = 0, mode = 0, max = 0] = three;
      if (three.length === 3 && min <= mode && mode <= max && min < max)
        return { kind: "pert", ...pert(min, mode, max) };
      this.error("pert", own, "A pert needs three rising numbers.", "Write [least, most likely, most].");
      return null;
    }
    const two = this.pair(node[kind], own);
    if (!two) return null;
    const [first, second] = two;
    if (kind === "beta" || kind === "gamma") {
      if (!(first > 0 && second > 0)) {
        this.error(kind, own, `Both numbers of a ${kind} must be above 0.`, "Write two positive numbers.");
        return null;
      }
      if ((kind === "beta") !== (shape === "probability")) {
        this.error(
          kind,
          own,
          `A ${kind} does not fit ${name(path)}.`,
          shape === "probability" ? "Use beta for a probability." : "Use gamma for a rate.",
        );
        return null;
      }
      return kind === "beta"
        ? { kind: "beta", a: first, b: second }
        : { kind: "gamma", shape: first, rate: second };
    }
    const top = shape === "probability" ? 1 : Number.POSITIVE_INFINITY;
    if (!(first > 0 && first < second && second < top)) {
      this.error(
        "interval",
        own,
        `The interval of ${name(path)} must rise and lie strictly between 0 and ${shape === "probability" ? "1" : "infinity"}.`,
        "Write [low, high] of what you are 90% sure of.",
      );
      return null;
    }
    if (shape === "probability") return { kind: "beta", ...betaFromInterval(first, second) };
    if (shape === "rate") return { kind: "gamma", ...gammaFromInterval(first, second) };
    return { kind: "lognormal", ...lognormalFromInterval(first, second) };
  }
}

function name(path: Path): string {
  return path.length === 0 ? "the file" : path.join(".");
}

/**
 * Parses `risk/model.yaml` (format: this room's README). `place` is the file's name in issues. Every default is
 * filled and labelled; warnings about magnitudes and unused entries go with the value.
 */
export function parseRiskModel(yaml: string, place: string): Parsed<RiskModel> {
  const lines = new LineCounter();
  const document = parseDocument(yaml, {
    lineCounter: lines,
    prettyErrors: false,
    maxAliasCount: 100,
  } as never);
  const lineOf = (path: Path): number | null => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return isMap(document.contents) || isSeq(document.contents) ? 1 : null;
  };
  const reader = new Reader(place, lineOf);
  if (document.errors.length > 0) {
    return {
      ok: false,
      issues: document.errors.map((error) => ({
        severity: "error" as const,
        code: "risk.yaml",
        place: `${place}:${lines.linePos(error.pos[0]).line}`,
        message: `The file is not YAML: ${error.message.split("\n")[0]}`,
        remedy: "Mend the syntax on this line.",
      })),
    };
  }
  const root = reader.map(document.toJS({ maxAliasCount: 100 }), []);
  reader.known(root, [], ["settings", "scenarios", "sources", "detections", "measurements"]);
  const settings = readSettings(reader, root.settings);
  const scenarios = reader
    .list(root.scenarios, ["scenarios"])
    .map((value, i) => readScenario(reader, value, ["scenarios", i]));
  const sources = reader
    .list(root.sources, ["sources"])
    .map((value, i) => readSource(reader, value, ["sources", i]));
  const detections = reader
    .list(root.detections, ["detections"])
    .map((value, i) => readDetection(reader, value, ["detections", i]));
  const measurements = reader
    .list(root.measurements, ["measurements"])
    .map((value, i) => readMeasurement(reader, value, ["measurements", i]));
  const model: RiskModel = { settings, scenarios, sources, detections, measurements };
  checkReferences(reader, model);
  const failed = reader.issues.some((issue) => issue.severity === "error");
  return failed ? { ok: false, issues: reader.issues } : { ok: true, value: model, issues: reader.issues };
}

function readSettings(reader: Reader, value: unknown): RiskSettings {
  const path = ["settings"];
  const node = reader.map(value, path);
  reader.known(node, path, Object.keys(DEFAULT_SETTINGS));
  const read = (key: keyof RiskSettings, bounds: { min?: number; max?: number }): number =>
    reader.number(node[key], [...path, key], bounds, DEFAULT_SETTINGS[key] as number);
  let appetite: RiskSettings["appetite"] = null;
  if (node.appetite !== undefined && node.appetite !== null) {
    const own = [...path, "appetite"];
    const given = reader.map(node.appetite, own);
    reader.known(given, own, ["usd", "probability"]);
    appetite = {
      usd: reader.number(given.usd, [...own, "usd"], { min: 1 }, 1),
      probability: reader.number(given.probability, [...own, "probability"], { min: 0, max: 1 }, 0.05),
    };
  }
  return {
    analystUsdPerHour: read("analystUsdPerHour", { min: 0 }),
    kappa: read("kappa", { min: 0, max: 1 }),
    epistemicShare: read("epistemicShare", { min: 0, max: 1 }),
    intervalHitRate: read("intervalHitRate", { min: 0.05, max: 0.999 }),
    appetite,
    horizonYears: read("horizonYears", { min: 0.1, max: 100 }),
    discountRate: read("discountRate", { min: 0, max: 1 }),
  };
}

function readScenario(reader: Reader, value: unknown, path: Path): Scenario {
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

function readSource(reader: Reader, value: unknown, path: Path): RiskSource {
  const node = reader.map(value, path);
  reader.known(node, path, [
    ...["id", "title", "status", "costUsdPerYear", "coverage", "retentionDays", "constraints"],
  ]);
  const id = reader.id(node.id, [...path, "id"]);
  const status = node.status ?? "onboarded";
  if (status !== "onboarded" && status !== "candidate") {
    reader.error("status", [...path, "status"], "The status is not known.", "Use onboarded or candidate.");
  }
  const stated =
    node.costUsdPerYear === undefined || node.costUsdPerYear === null
      ? null
      : reader.number(node.costUsdPerYear, [...path, "costUsdPerYear"], { min: 0 }, 0);
  const own = [...path, "coverage"];
  const none: Quantity = { distribution: { kind: "fixed", value: 0 }, ...reader.label({}, own) };
  return {
    id,
    title: reader.text(node.title, [...path, "title"], id),
    status: status === "candidate" ? "candidate" : "onboarded",
    costUsdPerYear: stated,
    costParts:
      stated === null ? null : { ingest: 0, storage: 0, licence: 0, engineering: 0, onboarding: 0, stated },
    costOrigin: "elicited",
    coverage: Object.fromEntries(
      Object.entries(reader.map(node.coverage, own)).map(([scenario, share]) => [
        scenario,
        reader.quantity(share, [...own, scenario], "probability", none),
      ]),
    ),
    retentionDays:
      node.retentionDays === undefined
        ? null
        : reader.number(node.retentionDays, [...path, "retentionDays"], { min: 0 }, 0),
    constraints: reader.texts(node.constraints, [...path, "constraints"]),
  };
}

function readDetection(reader: Reader, value: unknown, path: Path): RiskDetection {
  const node = reader.map(value, path);
  reader.known(node, path, [
    ...["id", "kind", "requires", "targets", "p", "h", "lagDays", "cadenceDays"],
    ...["alertsPerYear", "triageMinutes", "precision"],
  ]);
  const cadenceDays = reader.number(node.cadenceDays, [...path, "cadenceDays"], { min: 0 }, 0);
  const kind = node.kind ?? (cadenceDays > 0 ? "hunt" : "rule");
  if (kind !== "rule" && kind !== "hunt") {
    reader.error("kind", [...path, "kind"], "The kind is not known.", "Use rule or hunt.");
  }
  const requires = reader.texts(node.requires, [...path, "requires"]);
  if (requires.length === 0) {
    reader.error(
      "requires",
      path,
      "The detection names no source that it needs.",
      "List its sources under requires.",
    );
  }
  const own = <T extends string>(key: T): Path => [...path, key];
  return {
    id: reader.id(node.id, own("id")),
    kind: kind === "hunt" ? "hunt" : "rule",
    requires: [...new Set(requires)],
    targets: reader.texts(node.targets, own("targets")),
    p: reader.quantity(node.p, own("p"), "probability", DEFAULT_P),
    h: reader.quantity(node.h, own("h"), "probability", DEFAULT_H),
    lagDays: reader.number(node.lagDays, own("lagDays"), { min: 0 }, 0),
    cadenceDays,
    alertsPerYear: reader.quantity(node.alertsPerYear, own("alertsPerYear"), "rate", DEFAULT_ALERTS_PER_YEAR),
    triageMinutes: reader.quantity(
      node.triageMinutes,
      own("triageMinutes"),
      "amount",
      DEFAULT_TRIAGE_MINUTES,
    ),
    precision:
      node.precision === undefined
        ? null
        : reader.quantity(node.precision, own("precision"), "probability", DEFAULT_P),
  };
}

function readMeasurement(reader: Reader, value: unknown, path: Path): Measurement {
  const node = reader.map(value, path);
  reader.known(node, path, ["input", "usd", "how"]);
  return {
    input: reader.text(node.input, [...path, "input"]),
    usd: reader.number(node.usd, [...path, "usd"], { min: 0 }, 0),
    how: reader.text(node.how, [...path, "how"]),
  };
}

function checkReferences(reader: Reader, model: RiskModel): void {
  for (const [key, list] of [
    ["scenarios", model.scenarios],
    ["sources", model.sources],
    ["detections", model.detections],
  ] as const) {
    const seen = new Set<string>();
    list.forEach((item, i) => {
      if (seen.has(item.id))
        reader.error(
          "id.twice",
          [key, i, "id"],
          `${item.id} is there twice.`,
          "Give every entry its own id.",
        );
      seen.add(item.id);
    });
    if (list.length === 0 && key !== "detections")
      reader.error("empty", [key], `The model has no ${key}.`, `List at least one under ${key}.`);
  }
  if (model.sources.length > MAXIMUM_SOURCES) {
    reader.error(
      "sources.many",
      ["sources"],
      `The model has more than ${MAXIMUM_SOURCES} sources.`,
      "Join sources that always come together.",
    );
  }
  const scenarioIds = new Set(model.scenarios.map((scenario) => scenario.id));
  const sourceIds = new Set(model.sources.map((source) => source.id));
  model.sources.forEach((source, i) => {
    for (const id of Object.keys(source.coverage)) {
      if (!scenarioIds.has(id))
        reader.error(
          "coverage.scenario",
          ["sources", i, "coverage", id],
          `No scenario is called ${id}.`,
          `Use one of ${[...scenarioIds].join(", ")}.`,
        );
    }
  });
  const techniques = new Set(
    model.scenarios.flatMap((scenario) =>
      scenario.steps.flatMap((step) => step.techniques.map(([technique]) => technique)),
    ),
  );
  model.detections.forEach((detection, i) => {
    for (const id of detection.requires) {
      if (!sourceIds.has(id))
        reader.error(
          "requires.source",
          ["detections", i, "requires"],
          `${detection.id} needs ${id}, which is not a source of the model.`,
          "Add the source, or take it out of requires.",
        );
    }
    if (!detection.targets.some((target) => techniques.has(target)))
      reader.report(
        "warning",
        "targets",
        ["detections", i, "targets"],
        `${detection.id} targets no technique of any scenario, so it is worth nothing here.`,
        "Add its technique to a scenario's steps, or drop it.",
      );
  });
  for (const [s, scenario] of model.scenarios.entries()) {
    const touching = model.sources.filter((source) => source.coverage[scenario.id]).length;
    if (touching > MAXIMUM_SOURCES_PER_SCENARIO)
      reader.error(
        "scenario.sources",
        ["scenarios", s],
        `${touching} sources cover ${scenario.id}; at most ${MAXIMUM_SOURCES_PER_SCENARIO} can be enumerated.`,
        "Split the scenario, or join sources that always come together.",
      );
  }
}

import { isSeq, LineCounter, parseDocument } from "yaml";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { ageDays, keptShare } from "./ageing.ts";
import { updateBeta } from "./evidence.ts";
import type { Quantity, RiskModel } from "./model.ts";

/** What a trial was: it says how much one observation weighs. */
export const TRIAL_WEIGHTS = { hosts: 1, alerts: 1, "red team": 1, "atomic tests": 0.5 } as const;
export type Trial = keyof typeof TRIAL_WEIGHTS;

/** One entry of `risk/measured.yaml`: of `trials` looked at, `hits` were so. */
export interface Observation {
  /** `coverage:source/scenario`, `coverage:source` for every scenario that it touches, `p:rule` or `h:rule`. */
  readonly input: string;
  readonly hits: number;
  readonly trials: number;
  readonly trial: Trial;
  /** ISO day. */
  readonly date: string;
  readonly author: string;
  /** Notebook of the hunt that saw it, or empty. */
  readonly hunt: string;
  readonly note: string;
}

const KEYS = ["input", "observed", "trial", "date", "author", "hunt", "note"];

/** Reads `risk/measured.yaml`: a list of `{input, observed: [k, n], trial, date, author, hunt, note}`. */
export function parseObservations(yaml: string, place: string): Parsed<Observation[]> {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const issues: Issue[] = [];
  const wrong = (offset: number, message: string, remedy: string): void => {
    const { line } = lines.linePos(offset);
    issues.push({ severity: "error", code: "risk.measured", place: `${place}:${line}`, message, remedy });
  };
  const broken = document.errors[0];
  if (broken) wrong(broken.pos[0], "The file is not YAML.", "Mend the syntax on this line.");
  const { contents } = document;
  if (contents !== null && !isSeq(contents))
    wrong(0, "The file is not a list.", "Write one entry for each measurement.");
  if (issues.length > 0 || !isSeq(contents)) {
    return issues.length > 0 ? { ok: false, issues } : { ok: true, value: [], issues };
  }
  const list = document.toJS({ maxAliasCount: 100 }) as unknown[];
  const value = list.flatMap((entry, i): Observation[] => {
    const offset = (contents.items[i] as { range?: [number, number, number] } | undefined)?.range?.[0] ?? 0;
    const before = issues.length;
    const node = (entry !== null && typeof entry === "object" ? entry : {}) as Record<string, unknown>;
    for (const key of Object.keys(node)) {
      if (!KEYS.includes(key)) wrong(offset, `${key} is not a key here.`, `Use one of ${KEYS.join(", ")}.`);
    }
    const text = (key: string): string => (node[key] === undefined ? "" : String(node[key]));
    const trial = text("trial") as Trial;
    if (!Object.hasOwn(TRIAL_WEIGHTS, trial))
      wrong(offset, `"${trial}" is no trial.`, `Use one of ${Object.keys(TRIAL_WEIGHTS).join(", ")}.`);
    const [hits, trials] = Array.isArray(node.observed) ? (node.observed as unknown[]) : [];
    if (
      !(
        Number.isInteger(hits) &&
        Number.isInteger(trials) &&
        Number(hits) >= 0 &&
        Number(hits) <= Number(trials)
      ) ||
      Number(trials) < 1
    )
      wrong(offset, "observed must be two counts.", "Write [14, 20] for 14 of 20.");
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text("date")) || Number.isNaN(Date.parse(text("date"))))
      wrong(offset, `"${text("date")}" is no day.`, "Write a day as 2026-11-20.");
    if (issues.length > before) return [];
    return [
      {
        input: text("input"),
        hits: Number(hits),
        trials: Number(trials),
        trial,
        date: text("date"),
        author: text("author"),
        hunt: text("hunt"),
        note: text("note"),
      },
    ];
  });
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value, issues };
}

/** One entry as lines of YAML, to append to the file. Every text is quoted. */
export function formatObservation(observation: Observation): string {
  const { hits, trials } = observation;
  const parts = [
    `input: ${JSON.stringify(observation.input)}`,
    `observed: [${hits}, ${trials}]`,
    `trial: ${JSON.stringify(observation.trial)}`,
    `date: ${observation.date}`,
    `author: ${JSON.stringify(observation.author)}`,
    ...(observation.hunt === "" ? [] : [`hunt: ${JSON.stringify(observation.hunt)}`]),
    ...(observation.note === "" ? [] : [`note: ${JSON.stringify(observation.note)}`]),
  ];
  return `- { ${parts.join(", ")} }\n`;
}

/** Inputs that observations of k of n can teach: names as `Observation.input` takes them. */
export function observableInputs(model: RiskModel): string[] {
  return [
    ...model.sources.flatMap((source) =>
      Object.keys(source.coverage).map((scenario) => `coverage:${source.id}/${scenario}`),
    ),
    ...model.detections.flatMap(({ id }) => [`p:${id}`, `h:${id}`]),
  ];
}

/** Names in the observations that the model does not know: left out of the update, said on the page. */
export function unknownObservations(model: RiskModel, observations: readonly Observation[]): Observation[] {
  const known = new Set(observableInputs(model));
  const sources = new Set(model.sources.map(({ id }) => `coverage:${id}`));
  return observations.filter(({ input }) => !known.has(input) && !sources.has(input));
}

/**
 * The model after what was seen: k of n updates a Beta, each trial with its weight and its age (half-life 365 days).
 * A judgement that was a plain number counts as ten observations.
 */
export function withObservations(
  model: RiskModel,
  observations: readonly Observation[],
  today: string,
): RiskModel {
  const learn = (names: readonly string[], value: Quantity): Quantity => {
    const own = observations.filter(({ input }) => names.includes(input));
    if (own.length === 0) return value;
    const newest = own.reduce((latest, one) => (one.date > latest.date ? one : latest));
    const posterior = own.reduce((beta, one) => {
      const weight = TRIAL_WEIGHTS[one.trial] * keptShare(ageDays(one.date, today) ?? 0);
      return updateBeta(beta, one.hits, one.trials, weight);
    }, betaOf(value));
    return {
      distribution: { kind: "beta", ...posterior },
      origin: "measured",
      author: newest.author,
      date: newest.date,
      evidence: own.reduce((sum, { trials }) => sum + trials, 0),
      source: own
        .map(
          (one) => `${one.hits} of ${one.trials} ${one.trial}${one.hunt === "" ? "" : ` (hunt ${one.hunt})`}`,
        )
        .join("; "),
    };
  };
  return {
    ...model,
    sources: model.sources.map((source) => ({
      ...source,
      coverage: Object.fromEntries(
        Object.entries(source.coverage).map(([scenario, value]) => [
          scenario,
          learn([`coverage:${source.id}`, `coverage:${source.id}/${scenario}`], value),
        ]),
      ),
    })),
    detections: model.detections.map((detection) => ({
      ...detection,
      p: learn([`p:${detection.id}`], detection.p),
      h: learn([`h:${detection.id}`], detection.h),
    })),
  };
}

const PLAIN_SIZE = 10;

function betaOf({ distribution }: Quantity): { a: number; b: number } {
  if (distribution.kind === "beta") return { a: distribution.a, b: distribution.b };
  const mean = distribution.kind === "fixed" ? Math.min(0.999, Math.max(0.001, distribution.value)) : 0.5;
  return { a: mean * PLAIN_SIZE, b: (1 - mean) * PLAIN_SIZE };
}

import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Issue, IssuesError, type Parsed } from "../../connectors/issue/issue.ts";
import { ANSWER_FILE_HEAD, formatAnswer, parseAnswers } from "../../promote/risk/elicit/answer-file.ts";
import { ENOUGH_INTERVALS } from "../../promote/risk/elicit/calibration.ts";
import { checkInterval } from "../../promote/risk/elicit/check-interval.ts";
import { type ElicitedInput, elicitedInputs } from "../../promote/risk/elicit/elicited-input.ts";
import { type KeptAnswer, standingAnswers } from "../../promote/risk/elicit/kept-answer.ts";
import { withHitRate, withInterval } from "../../promote/risk/elicit/model-edit.ts";
import { poolIntervals } from "../../promote/risk/elicit/pool.ts";
import type { RiskReport } from "../../promote/risk/report-value.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { AskedInput, ElicitationPage } from "./elicitation-types.ts";

const PLACE = "risk/elicited.yaml";
const MODEL = "risk/model.yaml";

/** What people judge about the model's numbers: their answers in a file, pooled into the model when they say so. */
export class ElicitationDesk {
  readonly #spoor: Spoor;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** The inputs of the model as `person` may see them. Throws RefusedError or IssuesError for a file that is not well. */
  page(person: string): ElicitationPage {
    const model = this.#spoor.risk.model();
    const answers = this.answers();
    const worth = new Map(
      (this.#spoor.store.report<RiskReport>("risk")?.report.assumptions ?? []).map(({ name, evppiUsd }) => [
        name,
        evppiUsd,
      ]),
    );
    const inputs = elicitedInputs(model).map((input): AskedInput => {
      const standing = standingAnswers(answers, input.name);
      const own = standing.find((answer) => answer.person === person) ?? null;
      const given = answers.filter((answer) => answer.input === input.name).length;
      const usable = standing.filter((answer) => usableFor(input, answer));
      return {
        ...input,
        worthUsd: worth.get(input.name) ?? null,
        answers: own === null ? [] : standing,
        own,
        people: standing.length,
        superseded: given - standing.length,
        pool: own === null ? null : poolIntervals(input.shape, usable),
      };
    });
    return {
      person,
      hitRate: model.settings.intervalHitRate,
      inputs: inputs
        .map((input, order) => ({ input, order }))
        .sort((a, b) => (b.input.worthUsd ?? 0) - (a.input.worthUsd ?? 0) || a.order - b.order)
        .map(({ input }) => input),
    };
  }

  /** Every answer ever given, oldest first. Throws IssuesError. */
  answers(): readonly KeptAnswer[] {
    const path = join(this.#spoor.layout.risk, "elicited.yaml");
    if (!existsSync(path)) return [];
    const parsed = parseAnswers(readFileSync(path, "utf8"), PLACE);
    if (!parsed.ok) throw new IssuesError(`${PLACE} has errors.`, parsed.issues);
    return parsed.value;
  }

  /** Appends an answer. Throws RefusedError with the issues that keep it from being one. */
  answer(given: Omit<KeptAnswer, "date">, actor: string): KeptAnswer {
    const input = this.#input(given.input);
    const issues = checkInterval(input.shape, given, { place: given.input });
    const errors = issues.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new RefusedError(400, errors[0]!.message, issues);
    if (given.cap !== null && input.kind !== "severity")
      throw new RefusedError(400, "Only the loss of an event has a cap.", [
        refusal(given.input, "Only the loss of an event has a cap.", "Leave the cap out."),
      ]);
    // A file that cannot be read is not added to.
    this.answers();
    const answer = { ...given, date: this.#today() };
    const path = join(this.#spoor.layout.risk, "elicited.yaml");
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const gap = text === "" ? ANSWER_FILE_HEAD : text.endsWith("\n") ? "" : "\n";
    appendFileSync(path, `${gap}${formatAnswer(answer)}`);
    const whose = answer.person === actor ? "" : ` for ${answer.person}`;
    this.#spoor.record(actor, "judged", answer.input, `90% interval kept in ${PLACE}${whose}`);
    return answer;
  }

  /** Writes the pool of the standing answers into the model. Throws RefusedError, IssuesError. */
  usePool(
    name: string,
    actor: string,
  ): { readonly low: number; readonly high: number; readonly people: number } {
    const input = this.#input(name);
    const usable = standingAnswers(this.answers(), name).filter((answer) => usableFor(input, answer));
    const pool = poolIntervals(input.shape, usable);
    if (pool === null)
      throw new RefusedError(409, `Nobody has answered ${name} yet.`, [
        refusal(PLACE, `Nobody has answered ${name} yet.`, "Give an answer first."),
      ]);
    const people = usable.map(({ person }) => person);
    const errors = checkInterval(input.shape, pool, { place: name }).filter(
      ({ severity }) => severity === "error",
    );
    if (errors.length > 0) throw new RefusedError(409, errors[0]!.message, errors);
    this.#edit((yaml) =>
      withInterval(yaml, MODEL, name, {
        low: pool.low,
        high: pool.high,
        cap: input.kind === "severity" ? (pool.cap ?? input.current.cap) : null,
        author: people.join(", "),
        date: this.#today(),
        source: people.length === 1 ? "one answer" : `pool of ${people.length} answers`,
      }),
    );
    this.#spoor.record(
      actor,
      "set",
      name,
      `${figures(pool.low)} to ${figures(pool.high)}, ${people.length === 1 ? "one answer" : `pooled from ${people.length} answers`}`,
    );
    return { low: pool.low, high: pool.high, people: people.length };
  }

  /** Sets how often the team's 90% intervals hold, from counts that somebody chose to share. Throws RefusedError. */
  setHitRate(hits: number, count: number, actor: string): { readonly hitRate: number } {
    if (hits > count) throw new RefusedError(400, "More intervals held than there were.");
    if (count < ENOUGH_INTERVALS)
      throw new RefusedError(400, `A hit rate of ${count} intervals says too little.`, [
        refusal(
          MODEL,
          `A hit rate of ${count} intervals says too little.`,
          `Answer at least ${ENOUGH_INTERVALS}.`,
        ),
      ]);
    const hitRate = Math.min(0.999, Math.max(0.05, Math.round((hits / count) * 100) / 100));
    this.#edit((yaml) => withHitRate(yaml, MODEL, hitRate));
    this.#spoor.record(actor, "set", "settings.intervalHitRate", `to ${hitRate}`);
    return { hitRate };
  }

  #input(name: string): ElicitedInput {
    const found = elicitedInputs(this.#spoor.risk.model()).find((input) => input.name === name);
    if (!found)
      throw new RefusedError(404, `${MODEL} has no input "${name}" that can be judged.`, [
        refusal(MODEL, `There is no input "${name}".`, "Choose one that GET /api/risk/elicitation lists."),
      ]);
    return found;
  }

  #edit(change: (yaml: string) => Parsed<string>): void {
    const path = join(this.#spoor.layout.risk, "model.yaml");
    const changed = change(readFileSync(path, "utf8"));
    if (!changed.ok)
      throw new RefusedError(409, changed.issues[0]?.message ?? `${MODEL} stays as it is.`, changed.issues);
    writeFileSync(`${path}.new`, changed.value);
    renameSync(`${path}.new`, path);
  }

  #today(): string {
    return new Date(this.#spoor.clock()).toISOString().slice(0, 10);
  }
}

/** Answers from the file may have been written by hand: what cannot be an interval of this input is left out of the pool. */
function usableFor(input: ElicitedInput, answer: KeptAnswer): boolean {
  return checkInterval(input.shape, answer).every(({ severity }) => severity !== "error");
}

function refusal(place: string, message: string, remedy: string): Issue {
  return { severity: "error", code: "risk.elicitation", place, message, remedy };
}

function figures(value: number): string {
  return String(Number(value.toPrecision(3)));
}

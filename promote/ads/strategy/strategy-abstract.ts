/** The Strategy Abstract, written from the rule itself. Browser-safe: pure functions only. */
import type { Rule } from "../../rule/rule.ts";
import { codeSpan } from "../code-span.ts";
import { type Generated, type GeneratedState, generatedFrom, generatedState } from "../generated-block.ts";
import { renderListParts } from "../list-parts.ts";
import { conditionWords, type Worded } from "./condition-words.ts";
import { cronWords } from "./cron-words.ts";
import { durationWords } from "./duration-words.ts";
import { queryOutline, type SelectOutline, spanText } from "./query-outline.ts";

type StrategyRule = Pick<Rule, "sql" | "timeColumn" | "entities" | "lookbackMs" | "run" | "version">;

/**
 * What a rule does, in plain sentences an approver can read: what it reads, what it asks, whom it concerns, how far it looks
 * back and when it runs. `datasets` are those that the engine says it reads, in any order; `shapeSentence` is given where
 * rule.sql is what the rule's shape gives, and then says the conditions. The hash changes whenever what runs does.
 */
export function strategyAbstract(
  rule: StrategyRule,
  datasets: readonly string[],
  shapeSentence: string | null,
): Generated {
  const read = [...new Set(datasets)].sort();
  const sentences = [
    read.length === 0
      ? "The rule reads nothing that is known."
      : `The rule reads ${series(read.map(codeSpan))}.`,
    shapeSentence === null ? queryWords(rule.sql, read) : plainSentence(shapeSentence),
    `Each row that is left is a detection. Its time is ${codeSpan(rule.timeColumn)}${
      rule.entities.length === 0
        ? ""
        : `, and it concerns ${series(rule.entities.map(({ column, kind }) => `${codeSpan(column)} (${kind})`))}`
    }. Rows of the same time about the same are one detection.`,
    rule.lookbackMs === 0
      ? "Every event is judged by itself."
      : `To judge an event, the ${durationWords(rule.lookbackMs)} before it are looked at.`,
    rule.run.mode === "stream"
      ? `It runs as events arrive, ${durationWords(rule.run.sliceMs)} of them at a time.`
      : `It runs by the clock: ${cronWords(rule.run.cron)} (${rule.run.zone}).`,
  ];
  return generatedFrom(standsFor(rule), sentences.join("\n\n"));
}

/** Whether a generated abstract is of the rule as it runs now. */
export function strategyState(rule: Pick<Rule, "version" | "run">, generated: Generated): GeneratedState {
  return generatedState(generated, standsFor(rule));
}

/** What decides a strategy: the version (SQL, time, entities, lookback) and when it runs. */
function standsFor({ version, run }: Pick<Rule, "version" | "run">): string[] {
  return run.mode === "batch" ? [version, run.cron, run.zone] : [version, String(run.sliceMs)];
}

const JOINS = {
  outer: "beside it, where there is one, stands a row of",
  semi: "there is a row in",
  anti: "there is no row in",
} as const;
const SETS: Readonly<Record<string, string>> = {
  union: "To these rows come others:",
  except: "Taken away are those rows that are also among these:",
  intersect: "Of these rows only those stay that are also among these:",
};

function queryWords(sql: string, datasets: readonly string[]): string {
  const selects = queryOutline(sql).flatMap(withInner);
  const own = new Set(selects.map(({ name }) => name));
  const unnamed = selects.filter(({ name }) => name === null).length;
  return selects
    .map((select, index) => selectWords(select, own, datasets, unnamed > 1 && select.name === null, index))
    .filter((text) => text !== "")
    .join("\n\n");
}

function withInner(select: SelectOutline): SelectOutline[] {
  return [...select.inner.flatMap(withInner), select];
}

function selectWords(
  select: SelectOutline,
  steps: ReadonlySet<string | null>,
  datasets: readonly string[],
  oneOfSeveral: boolean,
  index: number,
): string {
  const { reads, conditions, joins, groupBy, having, qualify, distinct, limit } = select;
  const called = ({
    dataset,
    alias,
  }: {
    readonly dataset: string;
    readonly alias: string | null;
  }): string => {
    const known = datasets.find((name) => name.toLowerCase() === dataset.toLowerCase()) ?? dataset;
    const what = steps.has(dataset) ? `the step ${codeSpan(dataset)}` : codeSpan(known);
    return alias === null || alias.toLowerCase() === dataset.toLowerCase()
      ? what
      : `${what} (called ${codeSpan(alias)})`;
  };
  const from = reads.map(called);
  const subject =
    select.name !== null ? `The step ${codeSpan(select.name)}` : oneOfSeveral ? "A part of it" : "It";
  const rows =
    from.length === 0
      ? "rows of the steps before"
      : from.length === 1
        ? `rows of ${from[0]}`
        : `rows of ${series(from)}, put together`;
  const asked: Worded[] = [
    ...conditions.map((part) => conditionWords(part)),
    ...joins.map((join) => ({
      text: `${JOINS[join.kind]} ${called(join)}${join.on.length > 0 ? ", where:" : ""}`,
      nested: join.on.map((part) => conditionWords(part)),
    })),
  ];
  const opening =
    asked.length === 0
      ? `${subject} takes all ${rows}.`
      : asked.length === 1 && asked[0]!.nested.length === 0
        ? `${subject} takes ${rows} for which ${asked[0]!.text}.`
        : `${subject} takes ${rows} for which all of this holds:`;
  const later = [
    ...(distinct ? ["Rows that are alike are taken once."] : []),
    ...(groupBy ? [`What is left is put together by ${codeSpan(spanText(groupBy))}.`] : []),
    ...kept(
      "A group stays",
      having.map((part) => conditionWords(part)),
    ),
    ...kept(
      "A row stays",
      qualify.map((part) => conditionWords(part)),
    ),
    ...(limit ? [`At most ${codeSpan(spanText(limit))} rows stay.`] : []),
  ];
  const list = asked.length > 1 || (asked[0]?.nested.length ?? 0) > 0 ? bullets(asked) : "";
  if (index > 0 && asked.length === 0 && later.length === 0 && from.length === 0) return "";
  const before = select.set === null ? "" : (SETS[select.set] ?? "");
  return [before, opening, list, ...later].filter((text) => text !== "").join("\n\n");
}

function kept(subject: string, asked: readonly Worded[]): string[] {
  if (asked.length === 0) return [];
  if (asked.length === 1 && asked[0]!.nested.length === 0) return [`${subject} when ${asked[0]!.text}.`];
  return [`${subject} when all of this holds:\n\n${bullets(asked)}`];
}

function bullets(asked: readonly Worded[]): string {
  return renderListParts(
    asked.map(({ text, nested }) => ({
      kind: "item",
      item: { marker: "-", text, nested: nested.length === 0 ? "" : bullets(nested) },
    })),
  );
}

/** A sentence of a shape, safe to stand in a paragraph of its own. */
function plainSentence(sentence: string): string {
  return sentence
    .replaceAll(/\s+/g, " ")
    .replace(/^[\s#>|<-]+/, "")
    .trim();
}

/** `a`, `a and b`, `a, b and c`. */
export function series(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

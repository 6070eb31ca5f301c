import { isSeq, LineCounter, parseDocument, stringify } from "yaml";
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import type { KeptAnswer } from "./kept-answer.ts";

const KEYS = ["input", "person", "date", "low", "high", "cap", "note"];

/** What stands at the head of a new `risk/elicited.yaml`. */
export const ANSWER_FILE_HEAD =
  "# What people said, 9 chances in 10 that it lies between. Newer answers of a person replace older ones; nothing is deleted.\n";

/** Reads `risk/elicited.yaml`: a list of `{input, person, date, low, high, cap, note}`, oldest first. */
export function parseAnswers(yaml: string, place: string): Parsed<KeptAnswer[]> {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const issues: Issue[] = [];
  const wrong = (offset: number, message: string, remedy: string): void => {
    const { line } = lines.linePos(offset);
    issues.push({ severity: "error", code: "risk.elicited", place: `${place}:${line}`, message, remedy });
  };
  const broken = document.errors[0];
  if (broken) wrong(broken.pos[0], "The file is not YAML.", "Mend the syntax on this line.");
  const { contents } = document;
  if (issues.length === 0 && contents !== null && !isSeq(contents))
    wrong(0, "The file is not a list.", "Write one entry for each answer.");
  if (issues.length > 0) return { ok: false, issues };
  if (!isSeq(contents)) return { ok: true, value: [], issues: [] };
  const list = document.toJS({ maxAliasCount: 100 }) as unknown[];
  const value = list.flatMap((entry, i): KeptAnswer[] => {
    const offset = (contents.items[i] as { range?: [number, number, number] } | undefined)?.range?.[0] ?? 0;
    const known = issues.length;
    const node = (entry !== null && typeof entry === "object" ? entry : {}) as Record<string, unknown>;
    for (const key of Object.keys(node)) {
      if (!KEYS.includes(key)) wrong(offset, `${key} is not a key here.`, `Use one of ${KEYS.join(", ")}.`);
    }
    const text = (key: string): string => (node[key] == null ? "" : String(node[key]));
    const number = (key: string): number => (typeof node[key] === "number" ? node[key] : Number.NaN);
    if (text("input") === "" || text("person") === "")
      wrong(offset, "An answer needs an input and a person.", "Write input: and person:.");
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text("date")) || Number.isNaN(Date.parse(text("date"))))
      wrong(offset, `"${text("date")}" is no day.`, "Write a day as 2026-11-20.");
    if (!(number("low") > 0 && number("low") < number("high") && Number.isFinite(number("high"))))
      wrong(offset, "low and high must rise from above 0.", "Write two numbers, the lower one first.");
    if (node.cap != null && !(number("cap") > number("low")))
      wrong(
        offset,
        "The cap must be a number above the low end.",
        "Leave it out, or give the most it could cost.",
      );
    if (issues.length > known) return [];
    return [
      {
        input: text("input"),
        person: text("person"),
        date: text("date"),
        low: number("low"),
        high: number("high"),
        cap: node.cap == null ? null : number("cap"),
        note: text("note"),
      },
    ];
  });
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value, issues: [] };
}

/** One answer as an entry of the file, to be appended. */
export function formatAnswer(answer: KeptAnswer): string {
  const { cap, note, ...rest } = answer;
  return stringify([{ ...rest, ...(cap === null ? {} : { cap }), ...(note === "" ? {} : { note }) }], {
    lineWidth: 0,
  });
}

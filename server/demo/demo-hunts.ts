import { parseNotebook, serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { dataHash, timeRangeOf } from "../../notebooks/hunt/data-hash.ts";
import {
  type HuntRecord,
  huntOf,
  newFinding,
  pinFinding,
  withHunt,
} from "../../notebooks/hunt/hunt-record.ts";
import { keepRows } from "../../notebooks/hunt/kept-rows.ts";
import { runNotebook } from "../../notebooks/run/run-notebook.ts";
import { checkNeeds, isReady } from "../../notebooks/template/needs.ts";
import { shippedTemplates } from "../../notebooks/template/shipped-templates.ts";
import { type HuntTemplate, startHunt } from "../../notebooks/template/template.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { StaleRevisionError } from "../notebook/notebook-files.ts";
import type { Spoor } from "../spoor.ts";

/** A hunt that somebody of the demo's company has done, as far as they got. */
interface DemoHunt {
  readonly template: string;
  readonly record: Partial<Pick<HuntRecord, "state" | "owner" | "hours" | "conclusion" | "outcome">>;
  /** Pins the answer's rows with this note. */
  readonly finding?: string;
  /** Injections by which the power of the answer's query is measured; the answer must be empty. */
  readonly injections?: number;
}

const DEMO_HUNTS: readonly DemoHunt[] = [
  {
    template: "steady-look-ups",
    record: {
      state: "confirmed",
      owner: "detection",
      hours: 3.5,
      conclusion:
        "APP03 asks for names under a look-alike of our domain every five minutes, since the minute a service was made on it. It is an implant's channel.",
      outcome: { kind: "incident", reference: "APP03, look-alike domain" },
    },
    finding: "One pair is left, and the domain reads like ours: rn stands where m should not.",
  },
  {
    template: "two-countries-too-fast",
    record: {
      state: "confirmed",
      owner: "identity",
      hours: 2,
      conclusion:
        "The session of finance07 was used from a hosting network in another country while its owner worked in Galway. No sign-in came before it: the session itself was stolen.",
      outcome: { kind: "rule", reference: "session-in-two-countries" },
    },
    finding: "Same session, other country, other browser, within hours.",
  },
  {
    template: "borrowed-tools-that-fetch",
    record: {
      state: "refuted",
      owner: "platform",
      hours: 1.5,
      conclusion:
        "No system program fetched or ran anything from an address this week. The query finds what it looks for when it is there, as the power says.",
      outcome: { kind: "nothing", reference: "" },
    },
    injections: 20,
  },
  { template: "access-key-in-a-new-place", record: { owner: "cloud" } },
];

/**
 * Gives the demo its hunts: they are started from their templates at once, and concluded from what their queries say over
 * the demo's own data by a job that goes on while people look around. A hunt that somebody has changed meanwhile is left.
 */
export function startDemoHunts(spoor: Spoor): void {
  const templates = shippedTemplates();
  const datasets = spoor.registry
    .list()
    .map(({ name, columns }) => ({ name, columns: columns.map((column) => ({ name: column.name })) }));
  const begun: { readonly hunt: DemoHunt; readonly template: HuntTemplate; readonly revision: string }[] = [];
  for (const hunt of DEMO_HUNTS) {
    const template = templates.find(({ name }) => name === hunt.template);
    if (!template || spoor.notebooks.read(template.name)) continue;
    if (!isReady(checkNeeds(template.hunt.dataNeeds, template.note.sources, datasets))) continue;
    const notebook = startHunt(template, {}, hunt.record.owner ?? "");
    const { revision } = spoor.notebooks.write(template.name, serializeNotebook(notebook), null, "demo");
    if (hunt.record.state !== undefined) begun.push({ hunt, template, revision });
  }
  spoor.jobs.start("demo hunts", async (context) => {
    for (const [index, { hunt, template, revision }] of begun.entries()) {
      context.report(index / begun.length, template.notebook.title);
      await conclude(spoor, hunt, template, revision, context);
    }
  });
}

async function conclude(
  spoor: Spoor,
  hunt: DemoHunt,
  template: HuntTemplate,
  revision: string,
  context: JobContext,
): Promise<void> {
  const file = spoor.notebooks.read(template.name);
  if (file?.revision !== revision) return;
  const notebook = parseNotebook(file.html);
  const begun = huntOf(notebook);
  if (!begun.ok) return;
  const run = await runNotebook({
    html: file.html,
    engine: spoor.engine,
    engineVersion: spoor.engineVersion,
    clock: spoor.clock,
    signal: context.signal,
  });
  const { cell } = template.note.answer;
  const answer = run.results.get(cell);
  if (!answer?.complete || answer.rows.length > 0 !== (hunt.finding !== undefined)) return;
  let record: HuntRecord = { ...begun.value, ...hunt.record };
  const at = new Date(spoor.clock()).toISOString();
  const by = hunt.record.owner ?? "demo";
  const { bound, columns, rows } = answer;
  const parameters = Object.fromEntries(
    Object.entries(bound.parameters).map(([name, value]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
  if (hunt.finding !== undefined) {
    const { first, last } = timeRangeOf(columns, rows);
    record = pinFinding(
      record,
      newFinding({
        id: `demo-${template.name}`,
        cell,
        note: hunt.finding,
        sql: bound.sql,
        parameters,
        complete: true,
        datasetVersions: answer.datasetVersions,
        engineVersion: spoor.engineVersion,
        dataHash: await dataHash(columns, rows),
        firstTime: first,
        lastTime: last,
        at,
        by,
        ...(await keepRows(columns, rows)),
      }),
    );
  }
  if (hunt.injections !== undefined) {
    const { measurement } = await spoor.hunts.power(
      {
        cell,
        sql: bound.sql,
        parameters,
        templates: template.note.injection.events,
        count: hunt.injections,
        seed: 1,
        variants: [],
        ordinary: true,
        by,
      },
      context,
    );
    record = { ...record, powers: [...record.powers, measurement] };
  }
  try {
    spoor.notebooks.write(template.name, serializeNotebook(withHunt(notebook, record)), revision, by);
  } catch (error) {
    if (!(error instanceof StaleRevisionError)) throw error;
  }
}

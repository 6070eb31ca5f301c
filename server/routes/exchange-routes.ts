import { Hono } from "hono";
import * as v from "valibot";
import type { Issue } from "../../connectors/issue/issue.ts";
import type { NotebookDocument } from "../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { importNotebook } from "../../notebooks/exchange/import-notebook.ts";
import { exportJupyter } from "../../notebooks/exchange/jupyter-export.ts";
import { exportMarkdown } from "../../notebooks/exchange/markdown-export.ts";
import { huntOf } from "../../notebooks/hunt/hunt-record.ts";
import { runNotebook } from "../../notebooks/run/run-notebook.ts";
import { checkNeeds, isReady } from "../../notebooks/template/needs.ts";
import { shippedTemplates } from "../../notebooks/template/shipped-templates.ts";
import { startHunt } from "../../notebooks/template/template.ts";
import type { NotebookImport, TemplateSummary } from "../api/api.ts";
import type { RequestState } from "../app.ts";
import { frameScript } from "../bundle.ts";
import { NOTEBOOK_NAME } from "../notebook/notebook-files.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { notebookSummaries } from "./notebook-routes.ts";
import { parseBody } from "./parse-body.ts";

const DATASETS = v.optional(v.record(v.string(), v.pipe(v.string(), v.maxLength(200))), {});
const IMPORT = v.object({
  file: v.pipe(v.string(), v.maxLength(500)),
  text: v.string(),
  metadata: v.optional(v.string()),
  datasets: DATASETS,
  name: v.optional(v.pipe(v.string(), v.regex(NOTEBOOK_NAME))),
  save: v.optional(v.boolean(), true),
});
const FORMATS = {
  ipynb: "application/x-ipynb+json",
  md: "text/markdown; charset=utf-8",
  html: "text/html; charset=utf-8",
} as const;

/** Notebooks from and for other programs, and the shipped hunts. */
export function exchangeRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();

  routes.post("/notebooks/import", async (context) => {
    const body = await parseBody(context, IMPORT);
    const catalog = await spoor.catalog();
    const datasetNamed = (name: string) =>
      catalog.find((entry) => entry.name.toLowerCase() === name.toLowerCase())?.name ?? null;
    const imported = importNotebook({
      file: body.file,
      text: body.text,
      datasets: body.datasets,
      ...(body.metadata === undefined ? {} : { metadata: body.metadata }),
    });
    if (!imported.ok)
      throw new RefusedError(400, imported.issues[0]?.message ?? "It cannot be read.", imported.issues);
    const { kind, notebook, tables } = imported.value;
    const named = tables.map((name) => ({
      name,
      dataset: datasetNamed(Object.hasOwn(body.datasets, name) ? (body.datasets[name] ?? name) : name),
    }));
    const issues: Issue[] = [
      ...imported.issues,
      ...named
        .filter(({ dataset }) => dataset === null)
        .map(
          ({ name }): Issue => ({
            severity: "warning",
            code: "import.table.unknown",
            place: name,
            message: `There is no dataset ${name}, which the imported SQL reads.`,
            remedy: "Say which dataset it stands for, or bring the data in under that name.",
          }),
        ),
      ...(await unparsed(spoor, notebook)),
    ];
    const hunt = huntOf(notebook);
    const count = (modes: readonly string[]) =>
      notebook.cells.filter(({ mode }) => modes.includes(mode)).length;
    const made: NotebookImport = {
      kind,
      name: body.save ? save(spoor, notebook, body.name ?? null, context.get("user"), "imported") : null,
      title: notebook.title,
      hypothesis: hunt.ok ? hunt.value.hypothesis : "",
      techniques: hunt.ok ? hunt.value.techniques : [],
      sqlCells: count(["sql"]),
      textCells: count(["md"]),
      programCells: notebook.cells.length - count(["sql", "md"]),
      tables: named,
      issues,
    };
    return context.json(made);
  });

  routes.get("/notebooks/:name/export", async (context) => {
    const file = spoor.notebooks.read(context.req.param("name"));
    if (!file) throw notFound(`Notebook ${context.req.param("name")}`);
    const format = context.req.query("format") ?? "html";
    if (!Object.hasOwn(FORMATS, format))
      throw new RefusedError(400, `There is no export as ${format}: choose ipynb, md or html.`);
    const text = await exported(
      spoor,
      file.name,
      file.html,
      format as keyof typeof FORMATS,
      context.req.query("results") !== "0",
      context.req.raw.signal,
    );
    spoor.record(context.get("user"), "exported notebook", `notebook:${file.name}`, format);
    return context.body(text, 200, {
      "content-type": FORMATS[format as keyof typeof FORMATS],
      "content-disposition": `attachment; filename="${file.name}.${format}"`,
      "content-security-policy": "sandbox",
      "x-content-type-options": "nosniff",
    });
  });

  routes.get("/templates", async (context) => context.json(await templateSummaries(spoor)));

  routes.post("/templates/:name/start", async (context) => {
    const name = context.req.param("name");
    const template = shippedTemplates().find((one) => one.name === name);
    if (!template) throw notFound(`Template ${name}`);
    const body = await parseBody(
      context,
      v.object({ datasets: DATASETS, anyway: v.optional(v.boolean(), false) }),
    );
    const needs = checkNeeds(
      template.hunt.dataNeeds,
      template.note.sources,
      (await spoor.catalog()).filter(({ origin }) => origin === "source"),
      body.datasets,
    );
    if (!isReady(needs) && !body.anyway) {
      throw new RefusedError(
        409,
        "The hunt needs data that are not here.",
        needs
          .filter(({ by, missing }) => by === null || missing.length > 0)
          .map(
            ({ dataset, by, missing, source }): Issue => ({
              severity: "error",
              code: by === null ? "template.dataset.missing" : "template.column.missing",
              place: by ?? dataset,
              message:
                by === null
                  ? `No dataset has what it takes from ${source}: ${missing.join(", ")}.`
                  : `${by} lacks ${missing.join(", ")}.`,
              remedy: "Choose another dataset, bring the data in, or start it anyway to note the gap.",
            }),
          ),
      );
    }
    const datasets = Object.fromEntries(needs.map((need) => [need.dataset, need.by ?? need.dataset]));
    const notebook = startHunt(template, datasets, context.get("user"));
    const saved = save(spoor, notebook, template.name, context.get("user"), "started hunt");
    return context.json(spoor.notebooks.read(saved)!);
  });
  return routes;
}

/** Every shipped hunt with what of its data is here, those that can start first. */
async function templateSummaries(spoor: Spoor): Promise<TemplateSummary[]> {
  const catalog = (await spoor.catalog()).filter(({ origin }) => origin === "source");
  const hunts = notebookSummaries(spoor).map(({ name, state }) => {
    const hunt = huntOf(parseNotebook(spoor.notebooks.read(name)!.html));
    return { name, state, origin: hunt.ok ? hunt.value.origin : "" };
  });
  return shippedTemplates()
    .map((template): TemplateSummary => {
      const { note, hunt, notebook, name } = template;
      const needs = checkNeeds(hunt.dataNeeds, note.sources, catalog);
      return {
        name,
        title: notebook.title,
        finds: note.finds,
        hypothesis: hunt.hypothesis,
        refutation: hunt.refutation,
        techniques: hunt.techniques,
        needs,
        ready: isReady(needs),
        answer: { cell: note.answer.cell, kind: note.answer.kind, says: note.answer.says },
        power: note.power,
        injection: note.injection,
        started: hunts
          .filter(({ origin }) => origin === `template:${name}`)
          .map(({ name: started, state }) => ({ name: started, state })),
      };
    })
    .sort((left, right) => Number(right.ready) - Number(left.ready) || (left.title < right.title ? -1 : 1));
}

async function exported(
  spoor: Spoor,
  name: string,
  html: string,
  format: keyof typeof FORMATS,
  withResults: boolean,
  signal: AbortSignal,
): Promise<string> {
  const notebook = parseNotebook(html);
  if (!withResults && format !== "html") {
    return format === "ipynb"
      ? exportJupyter(notebook)
      : exportMarkdown({ notebook, results: new Map(), messages: new Map(), facts: "" });
  }
  const run = await runNotebook({
    html,
    name,
    engine: spoor.huntEngine,
    engineVersion: spoor.engineVersion,
    clock: spoor.clock,
    signal,
    ...(format === "html" ? { frameScript: await frameScript() } : {}),
  });
  if (format === "html") return run.html;
  if (format === "ipynb") return exportJupyter(notebook, run.results);
  return exportMarkdown({
    notebook,
    results: run.results,
    messages: new Map(run.cells.map(({ id, message }) => [id, message])),
    facts: `Run ${new Date(spoor.clock()).toISOString()} with Spoor, DuckDB ${spoor.engineVersion}, data ${run.dataHash.slice(0, 16)}`,
  });
}

/** SQL cells that DuckDB does not understand, told before they are run. */
async function unparsed(spoor: Spoor, notebook: NotebookDocument): Promise<Issue[]> {
  const issues: Issue[] = [];
  for (const cell of notebook.cells) {
    if (cell.mode !== "sql" || cell.value.trim() === "" || /\$\{/.test(cell.value)) continue;
    try {
      await spoor.huntEngine.datasetsOf(cell.value);
    } catch (error) {
      issues.push({
        severity: "warning",
        code: "import.sql.syntax",
        place: `cell ${cell.id}${cell.output ? ` (${cell.output})` : ""}`,
        message: `The query is not understood here: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "Correct it in the notebook: it is kept as it was.",
      });
    }
  }
  return issues;
}

/** Writes the notebook under a free name near `wanted`, and gives the name. */
function save(
  spoor: Spoor,
  notebook: NotebookDocument,
  wanted: string | null,
  user: string,
  verb: string,
): string {
  const base =
    wanted ??
    (notebook.title
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+/, "")
      .slice(0, 58)
      .replace(/-+$/, "") ||
      "imported");
  let name = base;
  for (let count = 2; spoor.notebooks.read(name) !== undefined; count += 1)
    name = `${base.slice(0, 60)}-${count}`;
  spoor.notebooks.write(name, serializeNotebook(notebook), null, user);
  spoor.record(user, verb, `notebook:${name}`, notebook.title);
  return name;
}

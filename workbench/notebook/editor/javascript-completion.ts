import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { localCompletionSource } from "@codemirror/lang-javascript";
import { syntaxTree } from "@codemirror/language";
import * as Plot from "@observablehq/plot";
import { shortType } from "./column-type.ts";
import { HUNT_JAVASCRIPT_DOCS, renderDoc } from "./function-docs.ts";
import type { CellName } from "./knowledge.ts";
import { applyCall, type CompletionWorld } from "./sql-completion.ts";

/** What every cell finds by name, and what it is. */
const LIBRARY: Readonly<Record<string, string>> = {
  Plot: "Observable Plot",
  Inputs: "form controls",
  hunt: "hunt functions",
  charts: "charts for hunters",
  risk: "what each source is worth",
  html: "template of HTML",
  svg: "template of SVG",
  md: "template of Markdown",
  htl: "templates",
  view: "shows an input and gives its value",
  display: "shows a value in the cell",
  width: "of the cell in pixels",
  now: "the time, again and again",
  invalidation: "resolves when the cell runs again",
  visibility: "resolves when the cell is seen",
  Generators: "values over time",
  Mutable: "a value that other cells may set",
};
const INPUTS =
  "bind button checkbox color date datetime disposal entity file form input number password radio range search select table tel text textarea timeRange toggle url email".split(
    " ",
  );
const PLOT_NAMES = Object.keys(Plot).filter((name) => /^[a-z]/.test(name));
const RISK_MEMBERS: Completion[] = [
  { label: "worth", type: "function", detail: "(source, {coverage, costUsd}): a source's dollars a year" },
  {
    label: "whatIf",
    type: "function",
    detail: '({inputs: {"coverage:zeek": 0.95}, without, with, costsUsd})',
  },
  { label: "model", type: "function", detail: "(): scenarios, sources, detections" },
  { label: "chart", type: "namespace", detail: ".exceedance(answer), .sources(answer)" },
];
const MEMBER = /([A-Za-z_$][\w$]*)\s*\.\s*([\w$]*)$/;
const NO_NAMES = /^(?:String|LineComment|BlockComment|RegExp|TemplateString)$/;

/** Completion of JavaScript cells: other cells' names, libraries, `hunt.`, and the columns of the rows that it uses. */
export function javascriptCompletion(world: CompletionWorld) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    if (NO_NAMES.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)) return null;
    const member = MEMBER.exec(context.state.sliceDoc(Math.max(0, context.pos - 200), context.pos));
    if (member) return membersOf(member[1]!, context.pos - member[2]!.length, context, world);
    const word = context.matchBefore(/[A-Za-z_$][\w$]*/);
    if (!word && !context.explicit) return null;
    const local = localCompletionSource(context);
    const cells = world.cells().map(
      ({ name, kind }): Completion => ({
        label: name,
        detail: kind === "rows" ? "rows of a cell" : "value of a cell",
        type: "variable",
        boost: 20,
      }),
    );
    const library = Object.entries(LIBRARY).map(
      ([label, detail]): Completion => ({ label, detail, type: "namespace", boost: 5 }),
    );
    const known = new Set(local?.options.map(({ label }) => label));
    return {
      from: word?.from ?? context.pos,
      options: [
        ...(local?.options ?? []),
        ...[...cells, ...library].filter(({ label }) => !known.has(label)),
      ],
      validFor: /^[\w$]*$/,
    };
  };
}

async function membersOf(
  owner: string,
  from: number,
  context: CompletionContext,
  world: CompletionWorld,
): Promise<CompletionResult | null> {
  const options = namespaceMembers(owner) ?? (await columnsUsed(context.state.doc.toString(), owner, world));
  return context.aborted || options.length === 0 ? null : { from, options, validFor: /^[\w$]*$/ };
}

function namespaceMembers(owner: string): Completion[] | null {
  if (owner === "hunt") {
    return HUNT_JAVASCRIPT_DOCS.map((doc) => ({
      label: doc.name,
      type: "function",
      detail: doc.kind === "window" ? "over columns" : "",
      apply: applyCall(doc),
      info: () => renderDoc(doc),
    }));
  }
  if (owner === "risk") return RISK_MEMBERS;
  if (owner === "Inputs") return INPUTS.map((label) => ({ label, type: "function" }));
  if (owner === "Plot") return PLOT_NAMES.map((label) => ({ label, type: "function" }));
  return null;
}

const ROWS_MEMBERS: readonly Completion[] = [
  { label: "map", detail: "each row", type: "method" },
  { label: "filter", detail: "some rows", type: "method" },
  { label: "length", detail: "number of rows", type: "property" },
  { label: "schema", detail: "columns", type: "property" },
  { label: "complete", detail: "false when rows were cut", type: "property" },
  { label: "find", type: "method" },
  { label: "reduce", type: "method" },
  { label: "slice", type: "method" },
];

/** After `rows.` what a list of rows has; after another name the columns of the rows that the cell uses. */
async function columnsUsed(code: string, owner: string, world: CompletionWorld): Promise<Completion[]> {
  const rows = world.cells().filter((cell): cell is CellName & { sql: string } => cell.sql !== null);
  if (rows.some(({ name }) => name === owner)) return [...ROWS_MEMBERS];
  const used = rows.filter(({ name }) =>
    new RegExp(`(^|[^\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(code),
  );
  const checks = await Promise.all(
    used.map(async ({ name, sql }) => {
      const check = await world.knowledge.check(sql).catch(() => null);
      return (check?.columns ?? []).map(
        (column): Completion => ({
          label: column.name,
          detail: `${shortType(column.type)} of ${name}`,
          type: "property",
          boost: 20,
        }),
      );
    }),
  );
  return checks.flat().filter(({ label }) => /^[A-Za-z_$][\w$]*$/.test(label));
}

import type { NotebookDocument } from "../../../notebooks/document/notebook.ts";
import type { CatalogEntry } from "../../../server/api/api.ts";

export type InputKind = "time range" | "entity" | "select" | "search" | "slider";

export const INPUT_KINDS: readonly {
  readonly kind: InputKind;
  readonly label: string;
  readonly hint: string;
}[] = [
  { kind: "time range", label: "Time range", hint: "two instants, from and until" },
  { kind: "entity", label: "Entity", hint: "one host, user or address of the data" },
  { kind: "select", label: "Select", hint: "one of a few values" },
  { kind: "search", label: "Search", hint: "a text to look for" },
  { kind: "slider", label: "Slider", hint: "a number between two bounds" },
];

/** The text of a JavaScript cell that shows an input, under a name that the notebook does not use yet. */
export function inputCell(
  kind: InputKind,
  notebook: NotebookDocument,
  catalog: readonly CatalogEntry[],
): string {
  const name = (wanted: string) => freeName(wanted, notebook);
  switch (kind) {
    case "time range":
      return `const ${name("range")} = view(Inputs.timeRange({label: "Time"}))`;
    case "entity": {
      const entity = entityOf(catalog);
      return `const ${name(variable(entity))} = view(Inputs.entity({entity: ${JSON.stringify(entity)}, label: ${JSON.stringify(capital(entity))}}))`;
    }
    case "select":
      return `const ${name("choice")} = view(Inputs.select(["any", "failed", "succeeded"], {label: "Outcome"}))`;
    case "search":
      return `const ${name("text")} = view(Inputs.text({label: "Search", placeholder: "powershell", submit: true}))`;
    case "slider":
      return `const ${name("hours")} = view(Inputs.range([1, 72], {label: "Hours", step: 1, value: 24}))`;
  }
}

/** The kind of entity that most columns of the data name. */
function entityOf(catalog: readonly CatalogEntry[]): string {
  const counts = new Map<string, number>();
  for (const { columns } of catalog)
    for (const { entity } of columns) if (entity) counts.set(entity, (counts.get(entity) ?? 0) + 1);
  return [...counts].sort(([, left], [, right]) => right - left)[0]?.[0] ?? "host";
}

function freeName(wanted: string, notebook: NotebookDocument): string {
  const taken = (name: string) =>
    notebook.cells.some((cell) => cell.output === name || new RegExp(`\\b${name}\\b\\s*=`).test(cell.value));
  if (!taken(wanted)) return wanted;
  let number = 2;
  while (taken(`${wanted}${number}`)) number += 1;
  return `${wanted}${number}`;
}

function variable(entity: string): string {
  const name = entity.replace(
    /[^A-Za-z0-9]+(.)?/g,
    (_, next: string | undefined) => next?.toUpperCase() ?? "",
  );
  return /^[A-Za-z]/.test(name) ? name : "entity";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The notebook that a hunt begins with. Pure: pages fetch what it is made of. */
import { quoteIdentifier, quoteText } from "../../../connectors/sql/quote.ts";
import { type NotebookDocument, newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { type HuntRecord, newHunt, withHunt } from "../../../notebooks/hunt/hunt-record.ts";
import { fullName, technique } from "../../../promote/attack/attack.ts";
import type { AlertDetail, SourceSummary } from "../../../server/api/api.ts";

/** What a hunt is started from. */
export type HuntStart =
  | { readonly kind: "nothing"; readonly sql: string }
  | { readonly kind: "technique"; readonly id: string }
  | { readonly kind: "incident"; readonly alert: AlertDetail }
  | { readonly kind: "data gap"; readonly source: SourceSummary };

export interface FirstNotebook {
  readonly title: string;
  readonly hunt: Partial<HuntRecord>;
  readonly sql: string;
}

/** A title, a record and a first question, as the start suggests; every text can be changed by the person. */
export function suggestHunt(start: HuntStart): FirstNotebook {
  switch (start.kind) {
    case "nothing":
      return { title: "", hunt: {}, sql: start.sql === "" ? "SHOW TABLES" : start.sql };
    case "technique": {
      const known = technique(start.id);
      const name = known ? fullName(known) : start.id;
      return {
        title: name,
        hunt: {
          techniques: [start.id],
          hypothesis: `Somebody used ${name} (${start.id}) here, and the data shows it.`,
          origin: `technique:${start.id}`,
        },
        sql: "SHOW TABLES",
      };
    }
    case "incident": {
      const { alert } = start;
      const entities = Object.entries(alert.entities).map(([kind, value]) => `${kind} ${value}`);
      return {
        title: `After ${alert.ruleTitle}${entities.length > 0 ? ` on ${entities[0]}` : ""}`,
        hunt: {
          techniques: alert.techniques.map(({ id }) => id),
          hypothesis: `What the alert “${alert.sentence}” saw was not all that happened${entities.length > 0 ? ` around ${entities.join(", ")}` : ""}.`,
          origin: `alert:${alert.id}`,
        },
        sql: `SELECT * FROM detections WHERE rule = ${quoteText(alert.rule)} ORDER BY _time DESC`,
      };
    }
    case "data gap": {
      const { source } = start;
      const [dataset] = source.datasets;
      return {
        title: `What ${source.name} does not show`,
        hunt: {
          hypothesis: `While ${source.name} was not well, something happened that another source shows.`,
          dataNeeds: source.datasets.map((name) => ({
            dataset: name,
            columns: [],
            why: "the source with the gap",
          })),
          outcome: { kind: "data gap", reference: source.name },
          origin: `gap:${source.name}`,
        },
        sql:
          dataset === undefined
            ? "SELECT * FROM health"
            : `SELECT time_bucket(INTERVAL 1 HOUR, _time) AS hour, count(*) AS events\nFROM ${quoteIdentifier(dataset)}\nGROUP BY ALL ORDER BY hour`,
      };
    }
  }
}

/** The notebook of a new hunt. */
export function firstNotebook({ title, hunt, sql }: FirstNotebook): NotebookDocument {
  const hypothesis = hunt.hypothesis ?? "";
  const notebook = newNotebook({
    title,
    cells: [
      newCell({
        id: 1,
        mode: "md",
        value: inMarkdown(hypothesis === "" ? `# ${title}` : `# ${title}\n\n${hypothesis}`),
      }),
      newCell({ id: 2, mode: "sql", value: sql }),
    ],
  });
  return withHunt(notebook, newHunt(hunt));
}

/** A text from data stays a text: `${` would be an interpolation. */
function inMarkdown(text: string): string {
  return text.replaceAll("$" + "{", "$ {");
}

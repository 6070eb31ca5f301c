import { html, nothing } from "lit";
import { sqlWithLiterals } from "../../notebooks/document/bind-interpolations.ts";
import { filteredSql } from "../../notebooks/document/filtered-sql.ts";
import type { NotebookDocument } from "../../notebooks/document/notebook.ts";
import type { Finding } from "../../notebooks/hunt/hunt-record.ts";
import type { SpoorClient } from "../api/client.ts";
import type { PinRowsRequest } from "../frame/protocol.ts";
import { mustBeAsShown } from "./as-shown.ts";
import type { CellState } from "./cell-state.ts";
import type { AskedQuery } from "./frame-host.ts";
import { evidenceOf, FINDING_ROW_LIMIT } from "./hunt/pin-finding.ts";
import type { Question } from "./question-dialog.ts";

const RULE_NAME = "[a-z0-9][a-z0-9\\-]{0,63}";

/** Asks what a finding shows, and keeps the rows of a query as its evidence. */
export function pinQuestion(
  client: SpoorClient,
  query: AskedQuery,
  chosen: Pick<PinRowsRequest, "filters" | "sort" | "rows"> | null,
  columns: NonNullable<CellState["rows"]>["columns"],
  keep: (finding: Finding) => Promise<void>,
): Question {
  const isPart = chosen !== null && (chosen.filters.length > 0 || chosen.rows !== null);
  const sql = isPart ? filteredSql(query.sql, chosen.filters, columns, chosen) : query.sql;
  return {
    title: isPart ? "Pin these rows" : "Pin finding",
    explanation: html`<p>
        The query is asked once more with the values it has now, and the hunt record keeps it with the number of rows (at
        most ${FINDING_ROW_LIMIT.toLocaleString("en-US")}), their time range, the versions of the datasets and a hash of the rows.
      </p>
      ${isPart ? html`<pre class="question-sql">${sql}</pre>` : nothing}`,
    fields: [{ name: "note", label: "What does it show?", value: "", long: true }],
    confirm: isPart ? "Pin these rows" : "Pin finding",
    answer: async ({ note = "" }) => {
      await keep(
        await evidenceOf(
          client,
          { ...query, sql },
          {
            id: crypto.randomUUID(),
            note,
            at: new Date().toISOString(),
            ...(chosen?.rows
              ? { selection: "some", agree: mustBeAsShown(client, query.result, chosen, chosen.rows) }
              : { selection: "all" }),
          },
        ),
      );
    },
  };
}

/** Asks for the name of a rule, and makes it of a query with the values that it has now. */
export function promoteQuestion(
  query: AskedQuery,
  notebook: NotebookDocument,
  make: (rule: { readonly name: string; readonly title: string; readonly sql: string }) => Promise<void>,
): Question {
  const sql = sqlWithLiterals(query);
  const filled = Object.keys(query.parameters).length;
  const output = notebook.cells.find((cell) => cell.id === query.cell)?.output ?? "";
  return {
    title: "Promote to a rule",
    explanation: html`<p>
        The rule begins as a draft with this SQL. Staging it takes one more click: it then runs and reaches nobody. Before it
        may page somebody, the gate asks for its ADS, its response plan and its tests.
      </p>
      ${
        filled === 0
          ? nothing
          : html`<p>
              ${filled === 1 ? "One value that the notebook binds" : `${filled} values that the notebook binds`} (an input's
              setting, for example) ${filled === 1 ? "is" : "are"} written into the rule as ${filled === 1 ? "it is" : "they are"}
              now: a rule has no inputs.
            </p>`
      }
      <pre class="question-sql">${sql}</pre>`,
    fields: [
      {
        name: "name",
        label: "Name",
        value: output.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
        pattern: RULE_NAME,
        hint: "Lower-case letters, digits and dashes. It names the rule's folder.",
      },
      { name: "title", label: "Title", value: notebook.title },
    ],
    confirm: "Make the rule",
    answer: ({ name = "", title = "" }) => make({ name, title, sql }),
  };
}

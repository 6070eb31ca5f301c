import { filteredSql } from "../../notebooks/document/filtered-sql.ts";
import { pinFinding } from "../../notebooks/hunt/hunt-record.ts";
import type { SpoorClient } from "../api/client.ts";
import { suggestCharts } from "../frame/chart/suggest-charts.ts";
import type { FilterCellRequest, PinRowsRequest } from "../frame/protocol.ts";
import { navigate } from "../route/navigate.ts";
import type { NotebookEditing } from "./editing/notebook-editing.ts";
import { pinQuestion, promoteQuestion } from "./evidence-questions.ts";
import type { AskedQuery } from "./frame-host.ts";
import type { Question } from "./question-dialog.ts";
import type { NotebookRunning } from "./running/notebook-running.ts";

export interface RowActionsPage {
  readonly notebookName: () => string;
  readonly editing: () => NotebookEditing | null;
  readonly running: () => NotebookRunning;
  readonly asked: (cell: number) => AskedQuery | undefined;
  readonly ask: (question: Question) => void;
  readonly explain: (title: string, explanation: string) => void;
  readonly save: () => Promise<void>;
  readonly pinned: () => void;
}

/** What a hunter makes of rows: evidence, a rule, a narrower question, a chart. */
export class RowActions {
  readonly #client: SpoorClient;
  readonly #page: RowActionsPage;

  constructor(client: SpoorClient, page: RowActionsPage) {
    this.#client = client;
    this.#page = page;
  }

  /** A cell below that asks for the rows that pass the filters. */
  addFilterCell({ cell: id, filters }: FilterCellRequest): void {
    const editing = this.#page.editing();
    const cell = editing?.cells.find((candidate) => candidate.id === id);
    if (!editing || !cell) return;
    try {
      editing.insert(id, "sql", filteredSql(cell.value, filters, this.#columns(id)), "cell");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#page.explain("The filter cannot be kept in a cell", why);
    }
  }

  /** Charts that suit a cell's rows; empty before it has run. */
  charts(id: number): readonly { readonly label: string; readonly code: string }[] {
    const cell = this.#page.editing()?.cells.find((candidate) => candidate.id === id);
    const columns = this.#columns(id);
    return cell && columns.length > 0 ? suggestCharts(cell.output ?? this.#freeName(), columns) : [];
  }

  /** A chart below a cell; a cell without a name is given one, so that the chart can read it. */
  addChart(id: number, code: string): void {
    const editing = this.#page.editing();
    const cell = editing?.cells.find((candidate) => candidate.id === id);
    if (!editing || !cell) return;
    if (cell.output === null) {
      editing.change(id, { output: this.#freeName() });
      void this.#page.running().run([id]);
    }
    editing.insert(id, "js", code, "cell");
  }

  pin(id: number, chosen: PinRowsRequest | null): void {
    const query = this.#page.asked(id);
    if (!query) {
      this.#page.explain(
        "Run the cell first",
        "A finding keeps the rows of a query: run this cell, then pin it.",
      );
      return;
    }
    this.#page.ask(
      pinQuestion(this.#client, query, chosen, this.#columns(id), async (finding) => {
        if (!this.#page.editing()!.changeHunt((hunt) => pinFinding(hunt, finding)))
          throw new Error("The hunt record of this file cannot be read, so nothing can be added to it.");
        this.#page.pinned();
        await this.#page.save();
      }),
    );
  }

  promote(id: number): void {
    const query = this.#page.asked(id);
    if (!query) {
      this.#page.explain(
        "Run the cell first",
        "A rule is made of a query that ran: run this cell, then promote it.",
      );
      return;
    }
    this.#page.ask(
      promoteQuestion(query, this.#page.editing()!.notebook, async ({ name, title, sql }) => {
        await this.#page.save();
        const from = { notebook: this.#page.notebookName(), cell: id };
        await this.#client.createRule({ name, title, sql, from });
        navigate(`/rules/${encodeURIComponent(name)}`);
      }),
    );
  }

  #columns(id: number) {
    return this.#page.running().state(id).rows?.columns ?? [];
  }

  #freeName(): string {
    const taken = new Set(this.#page.running().flow.flatMap(({ names }) => names));
    let name = "rows";
    for (let number = 2; taken.has(name); number += 1) name = `rows${number}`;
    return name;
  }
}

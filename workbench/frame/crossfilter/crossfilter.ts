import type { ResultFilter } from "../../../notebooks/result/result.ts";
import {
  button,
  type ChartElement,
  countText,
  countWords,
  made,
  shareText,
  tableOf,
} from "../chart/chart-frame.ts";
import { ChartError } from "../chart/chart-rows.ts";
import { conditionSql } from "./condition-sql.ts";
import type { CrossfilterSource, OpenView } from "./crossfilter-source.ts";
import { kindOfType } from "./crossfilter-source.ts";
import {
  type BinChoice,
  conditionOf,
  cutField,
  type Dimension,
  edgeOf,
  type FieldSummary,
  isNamed,
  type LogDimension,
  type StepDimension,
  type ValueDimension,
  valueDimension,
} from "./dimension.ts";
import { heatPanel } from "./heat-panel.ts";
import { histogramPanel } from "./histogram-panel.ts";
import type { Panel, PanelHost } from "./panel.ts";
import { type ValuePanel, valuePanel } from "./value-panel.ts";

export interface CrossfilterOptions {
  /** Columns to link, a panel each; the first six that can be cut without. */
  readonly fields?: readonly string[];
  /** Two columns for the heat map, the first a time or number; the first time and the first text without; false for none. */
  readonly heat?: readonly [string, string] | false;
  /** Bins of a histogram at most. Default 60. */
  readonly bins?: number;
  /** Values of a text column at most. Default 10. */
  readonly top?: number;
  /** Rows of the table. Default 8; 0 for no table. */
  readonly rows?: number;
  /** Columns of the table; the linked ones first without. */
  readonly columns?: readonly string[];
  readonly title?: string;
}

/** What is chosen, as conditions on columns. */
export interface CrossfilterChoice {
  /** Joined by AND; empty when nothing is chosen. */
  readonly filters: readonly ResultFilter[];
  /** The same as the text of a WHERE clause, to read and to paste; TRUE when nothing is chosen. */
  readonly sql: string;
  /** Rows that pass, and rows in all. */
  readonly rowCount: number;
  readonly total: number;
  /** By column: `from` and `until` (Date or number, `until` not included; all of the column when nothing is chosen), or `values` (null for all). */
  readonly fields: Readonly<
    Record<
      string,
      | { readonly from: Date | number; readonly until: Date | number }
      | { readonly values: readonly (string | null)[] | null }
    >
  >;
}

/** What the frame gives to a crossfilter. */
export interface CrossfilterSurroundings {
  /** Opens the rows; waits while they still grow. `waiting` is told what for. */
  open(
    waiting: (text: string) => void,
  ): Promise<{ readonly source: CrossfilterSource; readonly note: string | null }>;
  /** Keeps conditions as a SQL cell, where that can be. */
  keep(filters: readonly ResultFilter[]): void;
  canKeep(): boolean;
}

const FIELDS = 6;
const SETTLE_MS = 120;
const NOT_OPEN: OpenView = { near: () => undefined, choose: () => Promise.resolve(), close: () => undefined };

interface LinkedPanel {
  readonly panel: Panel;
  view: OpenView;
  choices: readonly BinChoice[] | null;
  counts: Float64Array | null;
}

/**
 * Linked histograms, bars of top values, a heat map and a table over the same rows: what is chosen in one filters the
 * others. `value` is a CrossfilterChoice.
 */
export function crossfilterElement(
  surroundings: CrossfilterSurroundings,
  columns: readonly string[] | null,
  options: CrossfilterOptions,
): ChartElement<CrossfilterChoice> {
  const wished = [...(options.fields ?? []), ...(options.heat || []), ...(options.columns ?? [])];
  for (const name of wished) {
    if (columns !== null && columns.length > 0 && !columns.includes(name))
      throw new ChartError(
        `crossfilter: the rows have no column ${JSON.stringify(name)}. They have ${columns.slice(0, 40).join(", ")}${columns.length > 40 ? ` and ${columns.length - 40} more` : ""}.`,
      );
  }
  return new Crossfilter(surroundings, options).element;
}

class Crossfilter {
  readonly element: ChartElement<CrossfilterChoice>;
  readonly #root = made("figure", "chart crossfilter");
  readonly #options: CrossfilterOptions;
  readonly #surroundings: CrossfilterSurroundings;
  readonly #summary = made("span", "crossfilter-count");
  readonly #share = made("span", "crossfilter-share-fill");
  readonly #clear = button("Clear all", () => this.#clearAll());
  readonly #keep = button("Keep as SQL cell", () => this.#surroundings.keep(this.#value?.filters ?? []));
  readonly #conditions = made("div", "crossfilter-conditions");
  readonly #grid = made("div", "crossfilter-grid");
  readonly #foot = made("div", "crossfilter-foot");
  readonly #notes = made("div", "chart-notes");
  readonly #panels: LinkedPanel[] = [];
  #source: CrossfilterSource | null = null;
  /** Undefined until the rows are counted for the first time: cells that read it wait. */
  #value: CrossfilterChoice | undefined;
  #summaries: readonly FieldSummary[] = [];
  #width = 0;
  #generation = 0;
  #passing = 0;
  #count: OpenView | null = null;
  #counting: LinkedPanel | null = null;
  /** Number of the last choice, and whether all views have been counted since. */
  #turn = 0;
  #isCounted = true;
  #toAnnounce = false;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #asTable = false;

  constructor(surroundings: CrossfilterSurroundings, options: CrossfilterOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    const title = options.title ?? "Crossfilter";
    this.#root.setAttribute("role", "group");
    this.#root.setAttribute("aria-label", title);
    this.#summary.setAttribute("role", "status");
    const head = made("div", "chart-head");
    const share = made("span", "crossfilter-share");
    share.append(this.#share);
    const actions = made("span", "chart-actions");
    this.#clear.hidden = true;
    this.#keep.hidden = true;
    this.#keep.title = "Adds a SQL cell with these conditions";
    const toggle = button("Show as table", () => {
      this.#asTable = !this.#asTable;
      toggle.textContent = this.#asTable ? "Show as charts" : "Show as table";
      this.#arrange();
    });
    actions.append(this.#clear, this.#keep, toggle);
    head.append(made("span", "chart-title", title), this.#summary, share, actions);
    this.#root.append(head, this.#conditions, this.#grid, this.#foot, this.#notes);
    this.element = Object.defineProperty(this.#root, "value", {
      get: () => this.#value,
    }) as unknown as ChartElement<CrossfilterChoice>;
    this.#root.addEventListener("input", (event) => {
      if (event.target !== this.#root) event.stopImmediatePropagation();
    });
    new ResizeObserver(([entry]) => this.#resized(Math.floor(entry!.contentRect.width))).observe(this.#root);
  }

  /** The size tells three things: the element came into the page, changed its width, or went. */
  #resized(width: number): void {
    if (!this.#root.isConnected) {
      if (this.#source || this.#generation > 0) this.#close();
      return;
    }
    if (this.#generation % 2 === 0) {
      this.#width = width;
      void this.#start();
      return;
    }
    if (width === 0 || width === this.#width) return;
    this.#width = width;
    this.#draw();
  }

  /** Odd generations are open, even ones closed. */
  async #start(): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    const current = () => this.#generation === generation;
    this.#say("Opening …");
    try {
      const { source, note } = await this.#surroundings.open((text) => {
        if (current()) this.#say(text);
      });
      if (!current()) return source.close();
      this.#source = source;
      this.#notes.replaceChildren(...(note === null ? [] : [made("p", "chart-note", note)]));
      await this.#build(source, current);
    } catch (error) {
      if (!current()) return;
      this.#say("");
      const message = made("p", "chart-error", (error as Error).message);
      message.setAttribute("role", "alert");
      this.#grid.replaceChildren(message);
    }
  }

  #close(): void {
    if (this.#generation % 2 === 0) return;
    this.#generation += 1;
    clearTimeout(this.#settling);
    for (const { view } of this.#panels) view.close();
    this.#count?.close();
    this.#count = null;
    this.#counting = null;
    this.#panels.length = 0;
    this.#source?.close();
    this.#source = null;
    this.#turn += 1;
    this.#isCounted = true;
    this.#grid.replaceChildren();
  }

  #say(text: string): void {
    this.#summary.textContent = text;
  }

  async #build(source: CrossfilterSource, current: () => boolean): Promise<void> {
    const names = source.columns.map(({ name }) => name);
    const linked =
      this.#options.fields ??
      names.filter((name) => !["_file", "_line", "_ingested"].includes(name)).slice(0, FIELDS);
    const missing = linked.find((name) => !names.includes(name));
    if (missing !== undefined)
      throw new ChartError(
        `crossfilter: the rows have no column ${JSON.stringify(missing)}. They have ${names.slice(0, 40).join(", ")}.`,
      );
    if (source.rowCount === 0) {
      this.#say("0 rows");
      this.#grid.replaceChildren(made("p", "chart-empty", "No rows."));
      this.#announce();
      return;
    }
    const heat = this.#heatFields(source, linked);
    const fields = [...new Set([...linked, ...(heat ?? [])])];
    this.#say("Counting …");
    this.#summaries = await source.summarise(fields);
    const bins = Math.max(2, this.#options.bins ?? 60);
    const top = Math.max(1, Math.min(50, this.#options.top ?? 10));
    const dimensions = new Map<string, Dimension>();
    await Promise.all(
      this.#summaries.map(async (summary) => {
        const cut = cutField(summary, bins);
        if (cut) dimensions.set(summary.field, cut);
        else if (isNamed(summary)) {
          const values = await source.topValues(summary.field, top + 1, []);
          const kept = values.slice(0, top).map(({ value }) => value);
          dimensions.set(
            summary.field,
            valueDimension(summary.field, summary.type, kept, values.length > top),
          );
        }
      }),
    );
    if (!current()) return;
    const empty = linked.filter((field) => !dimensions.has(field));
    if (empty.length > 0)
      this.#notes.append(made("p", "chart-note", `Without any value: ${empty.join(", ")}.`));
    this.#grid.replaceChildren();
    for (const field of linked) {
      const dimension = dimensions.get(field);
      if (!dimension) continue;
      const { nullCount } = this.#summaries.find((summary) => summary.field === field)!;
      this.#add(source, (host) =>
        dimension.kind === "values"
          ? valuePanel(dimension, host)
          : histogramPanel(dimension, nullCount, host),
      );
    }
    if (heat) {
      const [across, down] = heat.map((field) => dimensions.get(field)) as [
        Dimension | undefined,
        Dimension | undefined,
      ];
      if (across && down && across.kind !== "values") {
        const coarse =
          down.kind === "values"
            ? down
            : cutField(this.#summaries.find(({ field }) => field === down.field)!, 14);
        if (coarse)
          this.#add(source, (host) =>
            heatPanel(across as StepDimension | LogDimension, coarse, host),
          ).element.classList.add("wide");
      }
    }
    // A panel that has a bin for every row tells how many pass; only without one is there a question for it.
    this.#counting =
      this.#panels.find(
        ({ panel }) => panel.dimensions.length === 1 && this.#holdsAll(panel.dimensions[0]!),
      ) ?? null;
    if (this.#counting === null)
      this.#count = source.open({
        dimensions: [],
        take: (counts) => {
          this.#passing = counts[0] ?? 0;
          this.#drawCount();
        },
        fail: (message) => {
          this.#notes.replaceChildren(made("p", "chart-error", message));
        },
      });
    this.#recount();
    this.#arrange();
    this.#passing = source.rowCount;
    this.#announce();
  }

  #holdsAll(dimension: Dimension): boolean {
    return (
      dimension.kind === "values" ||
      this.#summaries.find(({ field }) => field === dimension.field)?.nullCount === 0
    );
  }

  /** Rows that pass: those in the chosen bins of a panel that all other choices have filtered. */
  #recount(): void {
    const counting = this.#counting;
    if (!counting?.counts) return;
    const choice = counting.choices?.[0];
    this.#passing = counting.counts.reduce(
      (sum, count, bin) =>
        choice === undefined ||
        (choice.kind === "range" ? bin >= choice.first && bin <= choice.last : choice.bins.includes(bin))
          ? sum + count
          : sum,
      0,
    );
    this.#drawCount();
  }

  #heatFields(source: CrossfilterSource, linked: readonly string[]): readonly [string, string] | null {
    if (this.#options.heat === false) return null;
    if (this.#options.heat) return this.#options.heat;
    const kind = (field: string) =>
      kindOfType(source.columns.find(({ name }) => name === field)?.type ?? "").kind;
    const across =
      linked.find((field) => kind(field) === "time") ?? linked.find((field) => kind(field) === "number");
    const down = linked.find((field) => kind(field) === "text") ?? linked.find((field) => field !== across);
    return across !== undefined && down !== undefined ? [across, down] : null;
  }

  #add(source: CrossfilterSource, make: (host: PanelHost) => Panel): Panel {
    let linked: LinkedPanel;
    const panel = make({
      near: () => linked.view.near(),
      choose: (choices, settled) => this.#choose(linked, choices, settled),
    });
    linked = { panel, choices: null, counts: null, view: NOT_OPEN };
    linked.view = this.#open(source, linked);
    this.#panels.push(linked);
    panel.element.addEventListener("panel-clear", () => panel.clear());
    return panel;
  }

  #open(source: CrossfilterSource, linked: LinkedPanel): OpenView {
    const { panel } = linked;
    return source.open({
      dimensions: panel.dimensions,
      take: (counts) => {
        linked.counts = counts;
        panel.take(counts);
        if (linked === this.#counting) this.#recount();
      },
      fail: (message) => {
        panel.fail(message);
      },
    });
  }

  #choose(linked: LinkedPanel, choices: readonly BinChoice[] | null, settled: boolean): void {
    const changed = JSON.stringify(choices) !== JSON.stringify(linked.choices);
    linked.choices = choices;
    this.#toAnnounce ||= settled;
    if (!changed) {
      if (this.#isCounted && this.#toAnnounce) this.#announce();
      return;
    }
    this.#turn += 1;
    const turn = this.#turn;
    const start = performance.now();
    this.#isCounted = false;
    const counted = linked.view.choose(choices);
    if (linked === this.#counting) this.#recount();
    void counted.then(() => {
      if (turn !== this.#turn) return;
      this.#isCounted = true;
      performance.measure("crossfilter", { start, end: performance.now() });
      if (this.#toAnnounce) this.#announce();
    });
  }

  #announce(): void {
    this.#toAnnounce = false;
    const filters = this.#filters(null);
    const isChosen = filters.length > 0;
    const value: CrossfilterChoice = {
      filters,
      sql: conditionSql(filters),
      rowCount: this.#passing,
      total: this.#source?.rowCount ?? 0,
      fields: this.#fieldValues(),
    };
    this.#value = value;
    this.#clear.hidden = !isChosen;
    this.#keep.hidden = !isChosen || !this.#surroundings.canKeep();
    this.#conditions.replaceChildren(...(isChosen ? [made("code", "", `WHERE ${value.sql}`)] : []));
    this.#root.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      void this.#fillRows();
      void this.#refreshValues();
    }, SETTLE_MS);
  }

  #filters(without: LinkedPanel | null): ResultFilter[] {
    return this.#panels.flatMap((linked) =>
      linked === without || linked.choices === null
        ? []
        : linked.panel.dimensions.map((dimension, at) => conditionOf(dimension, linked.choices![at]!)),
    );
  }

  #fieldValues(): CrossfilterChoice["fields"] {
    const fields: Record<
      string,
      { from: Date | number; until: Date | number } | { values: readonly (string | null)[] | null }
    > = {};
    for (const { panel, choices } of this.#panels) {
      if (panel.dimensions.length !== 1) continue;
      const dimension = panel.dimensions[0]!;
      const choice = choices?.[0];
      if (dimension.kind === "values") {
        const bins = choice?.kind === "some" ? choice.bins : null;
        fields[dimension.field] = {
          values:
            bins === null
              ? null
              : bins
                  .filter((bin) => bin < dimension.values.length)
                  .map((bin) => dimension.values[bin] ?? null),
        };
        continue;
      }
      const [first, last] = choice?.kind === "range" ? [choice.first, choice.last] : [0, dimension.size - 1];
      const [from, until] = [edgeOf(dimension, first), edgeOf(dimension, last + 1)];
      const isTime = dimension.kind === "step" && dimension.time;
      fields[dimension.field] = isTime
        ? { from: new Date(from / 1000), until: new Date(until / 1000) }
        : { from, until };
    }
    return fields;
  }

  #clearAll(): void {
    for (const linked of this.#panels) {
      if (linked.choices === null) continue;
      linked.panel.clear();
      this.#choose(linked, null, false);
    }
    this.#toAnnounce = true;
    if (this.#isCounted) this.#announce();
  }

  /** After a choice settled, bars show the most frequent values among the rows that pass. */
  async #refreshValues(): Promise<void> {
    const generation = this.#generation;
    const source = this.#source;
    if (!source) return;
    for (const linked of this.#panels) {
      const panel = linked.panel as ValuePanel;
      const dimension = panel.dimensions[0] as Dimension;
      if (panel.dimensions.length !== 1 || dimension.kind !== "values" || panel.hasChoice) continue;
      const filters = this.#filters(linked);
      const before = JSON.stringify(filters);
      try {
        const top = await source.topValues(
          dimension.field,
          Math.max(1, Math.min(50, this.#options.top ?? 10)),
          filters,
        );
        const values = top.map(({ value }) => value);
        const stale = () =>
          this.#generation !== generation ||
          JSON.stringify(this.#filters(linked)) !== before ||
          panel.hasChoice;
        if (
          stale() ||
          values.length === 0 ||
          values.every((value, index) => value === dimension.values[index])
        )
          continue;
        const all = await source.topValues(dimension.field, values.length, [
          { column: dimension.field, test: "in", values },
        ]);
        if (stale()) continue;
        const next: ValueDimension = valueDimension(dimension.field, dimension.type, values, true);
        const totals = new Float64Array(next.size);
        for (const { value, count } of all) totals[values.indexOf(value)] = count;
        totals[values.length] = source.rowCount - all.reduce((sum, { count }) => sum + count, 0);
        linked.view.close();
        linked.counts = null;
        panel.setValues(next, totals);
        linked.view = this.#open(source, linked);
      } catch (error) {
        panel.fail((error as Error).message);
      }
    }
  }

  async #fillRows(): Promise<void> {
    const generation = this.#generation;
    const source = this.#source;
    const limit = Math.min(200, this.#options.rows ?? 8);
    if (!source || limit <= 0) return;
    const names = source.columns.map(({ name }) => name);
    const linked = this.#panels
      .filter(({ panel }) => panel.dimensions.length === 1)
      .map(({ panel }) => panel.dimensions[0]!.field);
    const columns =
      this.#options.columns ??
      [
        ...linked,
        ...names.filter((name) => !linked.includes(name) && !["_file", "_line", "_ingested"].includes(name)),
      ].slice(0, 12);
    const filters = this.#filters(null);
    try {
      const rows = await source.rows(columns, limit, filters);
      if (this.#generation !== generation || JSON.stringify(this.#filters(null)) !== JSON.stringify(filters))
        return;
      const numeric = (name: string) =>
        kindOfType(source.columns.find((one) => one.name === name)?.type ?? "").kind === "number";
      const table = tableOf(
        {
          columns: columns.map((name) => ({ name, numeric: numeric(name) })),
          rows: rows.map((row) => row.map((text) => (text === null ? "" : text.slice(0, 300)))),
        },
        filters.length === 0 ? "Some of the rows" : "Some of the rows that pass",
      );
      this.#foot.replaceChildren(
        made(
          "p",
          "chart-caption",
          filters.length === 0
            ? `${countWords(rows.length, "row")} of all`
            : `${countWords(rows.length, "row")} of those that pass`,
        ),
        table,
      );
    } catch (error) {
      if (this.#generation === generation)
        this.#foot.replaceChildren(made("p", "chart-error", (error as Error).message));
    }
  }

  #arrange(): void {
    if (this.#asTable) {
      const rows = this.#panels.flatMap(({ panel }) => panel.table());
      this.#grid.replaceChildren(
        tableOf(
          {
            columns: [
              { name: "Field" },
              { name: "Values" },
              { name: "All rows", numeric: true },
              { name: "Rows that pass", numeric: true },
            ],
            rows,
          },
          "Crossfilter",
        ),
      );
      this.#grid.classList.add("as-table");
      return;
    }
    this.#grid.classList.remove("as-table");
    this.#grid.replaceChildren(...this.#panels.map(({ panel }) => panel.element));
    this.#draw();
  }

  #draw(): void {
    if (this.#asTable) return;
    for (const { panel } of this.#panels) {
      const width = Math.floor(panel.element.getBoundingClientRect().width) - 18;
      if (width > 60) panel.draw(width);
    }
  }

  #drawCount(): void {
    const source = this.#source;
    if (!source) return;
    const share = source.rowCount === 0 ? 0 : this.#passing / source.rowCount;
    this.#say(
      this.#passing === source.rowCount
        ? countWords(source.rowCount, "row")
        : `${countText(this.#passing)} of ${countWords(source.rowCount, "row")} (${shareText(share)})`,
    );
    this.#share.style.width = `${share * 100}%`;
  }
}

/** A chart in a cell: an element that is also an input. */
export interface ChartElement<Value> extends HTMLElement {
  /** What is chosen; changes are announced by `input` events. */
  readonly value: Value;
}

/** A chart's data as a table: what "Show as table" shows. */
export interface TableEquivalent {
  readonly columns: readonly { readonly name: string; readonly numeric?: boolean }[];
  readonly rows: readonly (readonly string[])[];
  /** How many rows there are, when not all are given. */
  readonly rowCount?: number;
}

export interface ChartSpec<Value> {
  readonly title: string;
  /** What is chosen before anybody chose. */
  readonly value: Value;
  /** One sentence for those who do not see the drawing: what it shows, with its main figures. */
  readonly description: string;
  /** Draws into an empty body of this width in CSS pixels; again when the width or the theme of it changes. */
  draw(body: HTMLElement, width: number): void;
  /** Null for a chart that is a table itself. */
  readonly table: (() => TableEquivalent) | null;
  /** What is not shown, or shown in a coarser way than it is; each a sentence. */
  readonly notes?: readonly string[];
  /** Ways back to nothing chosen; absent when there is nothing to choose. */
  clear?(): void;
  readonly legend?: readonly LegendItem[];
}

export interface LegendItem {
  readonly name: string;
  readonly colour: string;
  readonly title?: string;
}

const TABLE_ROWS = 1000;

/** The parts that all charts share: title, summary of the choice, legend, table equivalent, notes, resizing. */
export class ChartFrame<Value> {
  readonly element: ChartElement<Value>;
  readonly #spec: ChartSpec<Value>;
  readonly #body = made("div", "chart-body");
  readonly #summary = made("span", "chart-summary");
  readonly #clear: HTMLButtonElement;
  readonly #notes = made("div", "chart-notes");
  #value: Value;
  #width = 0;
  #asTable = false;

  constructor(spec: ChartSpec<Value>) {
    this.#spec = spec;
    this.#value = spec.value;
    const root = made("figure", "chart");
    root.setAttribute("aria-label", spec.title);
    root.setAttribute("role", "group");
    const head = made("div", "chart-head");
    const title = made("span", "chart-title", spec.title);
    this.#summary.setAttribute("role", "status");
    const actions = made("span", "chart-actions");
    this.#clear = button("Clear", () => spec.clear?.());
    this.#clear.hidden = true;
    actions.append(this.#clear);
    if (spec.table) {
      const toggle = button("Show as table", () => {
        this.#asTable = !this.#asTable;
        toggle.textContent = this.#asTable ? "Show as chart" : "Show as table";
        this.redraw();
      });
      actions.append(toggle);
    }
    head.append(title, this.#summary, actions);
    const description = made("p", "chart-description", spec.description);
    root.append(head, description);
    if (spec.legend && spec.legend.length > 1) root.append(legendOf(spec.legend));
    root.append(this.#body, this.#notes);
    this.setNotes(spec.notes ?? []);
    Object.defineProperty(root, "value", { get: () => this.#value });
    this.element = root as unknown as ChartElement<Value>;
    // Inputs and plots inside of the chart announce values of their own: only the chart's is heard outside.
    root.addEventListener("input", (event) => {
      if (event.target !== root) event.stopImmediatePropagation();
    });
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width === 0 || width === this.#width) return;
      this.#width = width;
      this.redraw();
    }).observe(root);
  }

  get value(): Value {
    return this.#value;
  }

  /** Sets what is chosen and says so: `summary` is shown beside the title, null when nothing is chosen. */
  choose(value: Value, summary: string | null): void {
    this.#value = value;
    this.#summary.textContent = summary ?? "";
    this.#clear.hidden = summary === null;
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  setNotes(notes: readonly string[]): void {
    this.#notes.replaceChildren(...notes.map((note) => made("p", "chart-note", note)));
  }

  /** Draws again at the present width; nothing before the element has one. */
  redraw(): void {
    if (this.#width === 0) return;
    // An emptied body would shrink the cell for a moment, and the page with it.
    this.#body.style.minHeight = `${this.#body.offsetHeight}px`;
    this.#body.replaceChildren();
    if (this.#asTable && this.#spec.table) this.#body.append(tableOf(this.#spec.table(), this.#spec.title));
    else this.#spec.draw(this.#body, this.#width);
    this.#body.style.minHeight = "";
  }
}

/** An element with a class and a text: texts are only ever text. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  text?: string,
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** An SVG element with its attributes. */
export function madeSvg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>> = {},
  text?: string,
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

export function button(text: string, press: () => void): HTMLButtonElement {
  const element = made("button", "chart-button", text);
  element.type = "button";
  element.addEventListener("click", press);
  return element;
}

/** What stands in place of a drawing when there are no rows. */
export function nothingToDraw(text = "No rows."): HTMLElement {
  return made("p", "chart-empty", text);
}

function legendOf(items: readonly LegendItem[]): HTMLElement {
  const list = made("ul", "chart-legend");
  for (const { name, colour, title } of items) {
    const item = made("li");
    const swatch = made("span", "chart-swatch");
    swatch.style.background = colour;
    const label = made("span", "chart-legend-name", name);
    label.title = title ?? name;
    item.append(swatch, label);
    list.append(item);
  }
  return list;
}

/** A plain table of texts that scrolls, at most 1,000 rows of it. */
export function tableOf(
  { columns, rows, rowCount = rows.length }: TableEquivalent,
  caption: string,
): HTMLElement {
  const holder = made("div", "chart-table-holder");
  holder.tabIndex = 0;
  holder.setAttribute("role", "region");
  holder.setAttribute("aria-label", `${caption}, as table`);
  const table = made("table", "chart-table");
  const head = table.createTHead().insertRow();
  for (const { name, numeric } of columns) {
    const cell = made("th", numeric ? "numeric" : "", name);
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows.slice(0, TABLE_ROWS)) {
    const line = body.insertRow();
    row.forEach((text, index) => {
      line.append(made("td", columns[index]?.numeric ? "numeric" : "", text));
    });
  }
  holder.append(table);
  const shown = Math.min(rows.length, TABLE_ROWS);
  if (rowCount > shown)
    holder.append(made("p", "chart-note", `The first ${countText(shown)} of ${countText(rowCount)} rows.`));
  return holder;
}

export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** "1 event", "2,000 events". */
export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** A share as text that never rounds something to nothing or a part to the whole. */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return "";
  if (share > 0 && share < 0.0001) return "<0.01 %";
  if (share < 1 && share > 0.9999) return ">99.99 %";
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}

/** Bytes with a decimal unit: "1.2 MB". */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}

/** A short form of a count for an axis: "1.2k", "3M". */
export function countShort(count: number): string {
  const size = Math.abs(count);
  if (size >= 1e9) return `${+(count / 1e9).toFixed(1)}G`;
  if (size >= 1e6) return `${+(count / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${+(count / 1e3).toFixed(1)}k`;
  return count.toLocaleString("en-US");
}

/** A tooltip that follows the pointer inside a body; its lines are text. */
export class Tooltip {
  readonly #element = made("div", "chart-tooltip");
  readonly #body: HTMLElement;

  constructor(body: HTMLElement) {
    this.#body = body;
    this.#element.setAttribute("aria-hidden", "true");
    this.#element.hidden = true;
    body.append(this.#element);
  }

  show(clientX: number, clientY: number, lines: readonly string[]): void {
    this.#element.replaceChildren(
      ...lines.map((line, index) => made(index === 0 ? "strong" : "span", "chart-tooltip-line", line)),
    );
    this.#element.hidden = false;
    const box = this.#body.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const x = clientX - box.left;
    const left = x + 14 + width > box.width ? Math.max(0, x - 14 - width) : x + 14;
    // Below the pointer unless it would leave the chart: what lies under the cell belongs to another.
    const y = clientY - box.top;
    const top = y + 14 + height > box.height ? Math.max(0, y - 10 - height) : y + 14;
    this.#element.style.left = `${left}px`;
    this.#element.style.top = `${top}px`;
  }

  hide(): void {
    this.#element.hidden = true;
  }
}

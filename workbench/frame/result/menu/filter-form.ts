import { html, type TemplateResult } from "lit";
import type { ColumnSummary, ResultFilter } from "../../../../notebooks/result/result.ts";
import { isNested, isNumeric, isTime } from "../column-kind.ts";
import type { TableColumn } from "../table-state.ts";

const TESTS = [
  ["is", "is"],
  ["is not", "is not"],
  ["contains", "contains"],
  ["not contains", "does not contain"],
  ["between", "between"],
  ["null", "is null"],
  ["not null", "is not null"],
] as const;
type Test = (typeof TESTS)[number][0];

/** A form for one condition on a column. */
export function filterForm(
  column: TableColumn,
  summary: ColumnSummary | null,
  add: (filter: ResultFilter) => void,
): TemplateResult {
  const ranged = isNumeric(column.type) || isTime(column.type);
  const tests = TESTS.filter(
    ([test]) =>
      !(isNested(column.type) && (test === "is" || test === "is not" || test === "between")) &&
      !(ranged && test.endsWith("contains")),
  );
  const start: Test = ranged ? "between" : "contains";
  const show = (form: HTMLFormElement) => {
    const test = new FormData(form).get("test") as Test;
    form.dataset.test = test;
  };
  const listId = `values-${column.index}`;
  return html`<form
    class="filter-form"
    data-test=${start}
    @change=${(event: Event) => show(event.currentTarget as HTMLFormElement)}
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const filter = filterOf(column.name, new FormData(event.currentTarget as HTMLFormElement));
      if (filter) add(filter);
    }}
  >
    <label
      ><span>${column.name}</span
      ><select name="test">
        ${tests.map(([test, label]) => html`<option value=${test} ?selected=${test === start}>${label}</option>`)}
      </select></label
    >
    <label class="one"><span>Value</span><input name="value" list=${listId} autocomplete="off" spellcheck="false" /></label>
    <label class="two"
      ><span>From</span><input name="from" placeholder=${summary?.minimum ?? "open"} autocomplete="off" spellcheck="false"
    /></label>
    <label class="two"
      ><span>Until</span><input name="until" placeholder=${summary?.maximum ?? "open"} autocomplete="off" spellcheck="false"
    /></label>
    <datalist id=${listId}>
      ${(summary?.top ?? []).flatMap(({ value }) => (value ? [html`<option value=${value}></option>`] : []))}
    </datalist>
    <button type="submit">Filter</button>
  </form>`;
}

/** The condition that a form says, or null when it says none. */
export function filterOf(column: string, form: FormData): ResultFilter | null {
  const field = (name: string) => String(form.get(name) ?? "");
  const value = field("value");
  switch (form.get("test") as Test) {
    case "is":
      return { column, test: "in", values: [value] };
    case "is not":
      return { column, test: "not in", values: [value] };
    case "contains":
      return value === "" ? null : { column, test: "contains", text: value };
    case "not contains":
      return value === "" ? null : { column, test: "not contains", text: value };
    case "between": {
      const from = field("from").trim() || null;
      const until = field("until").trim() || null;
      return from === null && until === null ? null : { column, test: "between", from, until };
    }
    case "null":
      return { column, test: "in", values: [null] };
    case "not null":
      return { column, test: "not in", values: [null] };
    default:
      return null;
  }
}

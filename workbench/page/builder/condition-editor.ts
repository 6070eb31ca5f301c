import { html, nothing, type TemplateResult } from "lit";
import type {
  Condition,
  ConditionOperator,
  ConditionValue,
  FieldTest,
} from "../../../promote/rule/condition/condition.ts";
import type { ShapeDataset } from "../../../server/api/api.ts";
import { emptyTest, replaceAt } from "./shape-draft.ts";

export interface ConditionPlace {
  readonly dataset: ShapeDataset;
  /** Commonest values of a column, as far as they are known; asking fetches them. */
  readonly valuesOf: (column: string) => readonly string[];
  /** Unique in the page: begins the ids of the lists of suggestions. */
  readonly id: string;
}

type Change = (condition: Condition) => void;

const OPERATORS: readonly (readonly [ConditionOperator, string])[] = [
  ["is", "is"],
  ["contains", "contains"],
  ["starts-with", "begins with"],
  ["ends-with", "ends with"],
  ["glob", "looks like (* and ?)"],
  ["regex", "matches the pattern"],
  ["cidr", "is in the network"],
  ["less", "is below"],
  ["less-or-equal", "is at most"],
  ["greater", "is above"],
  ["greater-or-equal", "is at least"],
  ["exists", "has a value"],
  ["is-null", "is empty"],
  ["same-as-field", "is the same as field"],
];

const BARE: ReadonlySet<ConditionOperator> = new Set(["exists", "is-null"]);

/** A group of conditions: all or any of them, with groups inside and any part negated. */
export function conditionEditor(condition: Condition, place: ConditionPlace, change: Change): TemplateResult {
  const group =
    condition.kind === "all" || condition.kind === "any"
      ? condition
      : ({ kind: "all", of: [condition] } as const);
  return groupEditor(group, place, change, place.id, 0);
}

function groupEditor(
  group: Extract<Condition, { kind: "all" | "any" }>,
  place: ConditionPlace,
  change: Change,
  id: string,
  depth: number,
): TemplateResult {
  const put = (at: number, part: Condition | null) => change({ ...group, of: replaceAt(group.of, at, part) });
  const add = (part: Condition) => change({ ...group, of: [...group.of, part] });
  return html`<div class="condition-group" role="group" aria-label=${depth === 0 ? "Conditions" : "Group of conditions"}>
    ${
      group.of.length > 1 || depth > 0
        ? html`<label class="joiner"
            >Where
            <select
              .value=${group.kind}
              @change=${(event: Event) => change({ ...group, kind: (event.target as HTMLSelectElement).value as "all" | "any" })}
            >
              <option value="all" ?selected=${group.kind === "all"}>all of these hold</option>
              <option value="any" ?selected=${group.kind === "any"}>any of these holds</option>
            </select></label
          >`
        : nothing
    }
    ${group.of.map((part, at) => partEditor(part, place, (changed) => put(at, changed), `${id}-${at}`, depth))}
    <div class="buttons">
      <button type="button" class="button small" @click=${() => add(emptyTest())}>Add a condition</button>
      ${
        depth < 3
          ? html`<button
              type="button"
              class="button small"
              @click=${() => add({ kind: group.kind === "all" ? "any" : "all", of: [emptyTest()] })}
            >
              Add a group
            </button>`
          : nothing
      }
    </div>
  </div>`;
}

function partEditor(
  part: Condition,
  place: ConditionPlace,
  change: (condition: Condition | null) => void,
  id: string,
  depth: number,
): TemplateResult {
  const negated = part.kind === "not";
  const inner = negated ? part.of : part;
  const wrap = (condition: Condition) => change(negated ? { kind: "not", of: condition } : condition);
  const not = html`<label class="not"
    ><input type="checkbox" .checked=${negated} @change=${() => change(negated ? inner : { kind: "not", of: inner })} />not</label
  >`;
  const remove = html`<button type="button" class="button small quiet" aria-label="Remove this condition" @click=${() => change(null)}>
    ×
  </button>`;
  if (inner.kind === "test")
    return html`<div class="condition-test">
      ${not}<span class="test-parts">${testEditor(inner, place, wrap, id)}</span>${remove}
    </div>`;
  const group = inner.kind === "not" ? ({ kind: "all", of: [inner] } as const) : inner;
  return html`<div class="condition-nested">
    ${not}${groupEditor(group, place, wrap, id, depth + 1)}${remove}
  </div>`;
}

function testEditor(
  test: FieldTest,
  place: ConditionPlace,
  change: (test: FieldTest) => void,
  id: string,
): TemplateResult {
  const put = (part: Partial<FieldTest>) => change({ ...test, ...part });
  const column = place.dataset.columns.find(({ name }) => name === test.field);
  return html`<input
      class="field-name"
      type="text"
      list=${`${place.id}-columns`}
      aria-label="Field"
      placeholder="field"
      autocomplete="off"
      spellcheck="false"
      .value=${test.field}
      @change=${(event: Event) => put({ field: (event.target as HTMLInputElement).value.trim() })}
    />
    <select
      aria-label="Comparison"
      .value=${test.operator}
      @change=${(event: Event) => {
        const operator = (event.target as HTMLSelectElement).value as ConditionOperator;
        put({ operator, values: BARE.has(operator) ? [] : test.values.length === 0 ? [""] : test.values });
      }}
    >
      ${OPERATORS.map(([value, label]) => html`<option value=${value} ?selected=${value === test.operator}>${label}</option>`)}
    </select>
    ${
      BARE.has(test.operator)
        ? nothing
        : html`<span class="values">
            ${test.values.map((value, at) => valueInput(value, at, { test, place, put, id, type: column?.type ?? "" }))}
            <button
              type="button"
              class="button small quiet"
              title="Another value: one that holds is enough"
              @click=${() => put({ values: [...test.values, ""] })}
            >
              + or
            </button>
          </span>`
    }`;
}

interface ValueContext {
  readonly test: FieldTest;
  readonly place: ConditionPlace;
  readonly put: (part: Partial<FieldTest>) => void;
  readonly id: string;
  readonly type: string;
}

function valueInput(value: ConditionValue, at: number, context: ValueContext): TemplateResult {
  const { test, place, put, id, type } = context;
  const suggestions = test.field === "" ? [] : place.valuesOf(test.field);
  const list = `${id}-values`;
  return html`<span class="one-value"
      >${at === 0 ? nothing : html`<span class="or">or</span>`}
    <input
      class="value"
      type="text"
      aria-label="Value"
      placeholder="value"
      autocomplete="off"
      spellcheck="false"
      list=${test.operator === "same-as-field" ? `${place.id}-columns` : list}
      .value=${value === null ? "" : String(value)}
      @input=${(event: Event) => put({ values: replaceAt(test.values, at, typed((event.target as HTMLInputElement).value, type)) })}
    />
    ${
      test.values.length > 1
        ? html`<button
            type="button"
            class="button small quiet"
            aria-label=${`Remove the value ${String(value)}`}
            @click=${() => put({ values: replaceAt(test.values, at, null) })}
          >
            ×
          </button>`
        : nothing
    }</span>
    ${at === 0 ? html`<datalist id=${list}>${suggestions.map((one) => html`<option value=${one}></option>`)}</datalist>` : nothing}`;
}

/** A number where the column holds numbers and one was written; else the text. */
function typed(text: string, type: string): ConditionValue {
  const numeric = /INT|DOUBLE|FLOAT|DECIMAL/.test(type);
  const number = Number(text);
  return numeric && text.trim() !== "" && Number.isFinite(number) && String(number) === text.trim()
    ? number
    : text;
}

import { html, nothing, type TemplateResult } from "lit";
import { quoteIdentifier, quoteText } from "../../../../../connectors/sql/quote.ts";
import {
  type FalsePositive,
  type FalsePositives,
  falsePositiveId,
  parseFalsePositives,
  predicateFault,
  renderFalsePositives,
} from "../../../../../promote/ads/false-positives.ts";
import { formatPlural } from "../../../../format/number.ts";
import { commonEntities } from "../../common-entities.ts";
import type { CheckContext } from "../../gate/check-context.ts";
import {
  type ListSection,
  listSectionParts,
  readListSection,
  withItem,
  withoutItem,
} from "./list-section.ts";
import "./predicate-count.ts";
import { line, prose, type SectionForm } from "./section-form.ts";

const NONE_KNOWN = /^\**none (?:are |is )?known/i;

/** False Positives: what harmless looks the same, each with a predicate that counts itself on the data. */
export const falsePositivesForm: SectionForm<ListSection<FalsePositive>> = {
  parse: (body): ListSection<FalsePositive> => readListSection(parseFalsePositives(body) as FalsePositives),
  render: (section) => renderFalsePositives(listSectionParts(section)),
  form: (section, put, context) => {
    const add = (statement: string, sql: string | null) =>
      put({ ...section, items: [...section.items, { marker: "-", statement, sql, note: "" }] });
    const none = section.items.length === 0;
    return html`${section.items.map((item, index) => falsePositive(section, item, index, put, context))}
      ${
        none
          ? html`<p class="muted">
              Look through what the backtest found. What of it was harmless, and how would one tell? A predicate is a condition
              over the columns of the result; it counts itself.
            </p>`
          : nothing
      }
      <div class="buttons">
        <button type="button" class="button small" data-add-false-positive @click=${() => add("", "")}>Add one</button>
        ${none ? html`<button type="button" class="button small" data-none-known @click=${() => add("None known: ", null)}>None is known</button>` : nothing}
      </div>
      ${proposals(context).map(
        ({ column, value, count, of }) => html`<div class="buttons">
          <button
            type="button"
            class="button small"
            @click=${() => add(`${column} ${value} does this as a part of its work`, `${quoteIdentifier(column)} = ${quoteText(value)}`)}
          >
            ${column} is ${value}
          </button>
          <span class="muted">in ${count} of the ${of} detections shown by the backtest</span>
        </div>`,
      )}
      ${section.prose === "" ? nothing : prose("Besides", section.prose, (text) => put({ ...section, prose: text }))}`;
  },
};

function falsePositive(
  section: ListSection<FalsePositive>,
  item: FalsePositive,
  index: number,
  put: (section: ListSection<FalsePositive>) => void,
  { rule, files, columns }: CheckContext,
): TemplateResult {
  const none = item.sql === null && NONE_KNOWN.test(item.statement);
  const predicate = item.sql ?? "";
  const fault = predicate === "" ? null : predicateFault(predicate);
  const known = rule.evidence.falsePositives?.find(({ id }) => id === falsePositiveId(item));
  return html`<div class="form-item">
    ${line(none ? "None known: how was it looked for?" : "What harmless activity", item.statement, (statement) => put(withItem(section, index, { statement })), { name: "statement", placeholder: "the backup agent starts its service at night" })}
    ${
      none
        ? nothing
        : html`<label class="field"
              ><span>Predicate</span
              ><input
                type="text"
                class="code"
                name="predicate"
                spellcheck="false"
                placeholder=${`account = 'backup'`}
                .value=${predicate}
                @input=${(event: InputEvent) => put(withItem(section, index, { sql: (event.target as HTMLInputElement).value }))}
              /><span class="hint">Columns: ${columns.map(({ name }) => name).join(", ")}</span></label
            >
            ${
              fault !== null
                ? html`<p class="notice bad">It ${fault}.</p>`
                : predicate === ""
                  ? nothing
                  : html`<spoor-predicate-count .sql=${files.ruleSql} .predicate=${predicate}></spoor-predicate-count>`
            }
            ${known?.error ? html`<p class="notice bad">${known.error}</p>` : nothing}`
    }
    <div class="buttons">
      ${known && !known.error ? html`<span class="muted">Over the backtest: ${known.detections} of ${formatPlural(known.of, "detection")}.</span>` : nothing}
      <button type="button" class="button small" aria-label=${`Remove ${item.statement || "this one"}`} @click=${() => put(withoutItem(section, index))}>Remove</button>
    </div>
  </div>`;
}

/** Entities that stand in many detections: the first places to look for what is harmless. */
function proposals({ rule, fields }: CheckContext): readonly {
  readonly column: string;
  readonly value: string;
  readonly count: number;
  readonly of: number;
}[] {
  return commonEntities(
    rule.backtest?.sample ?? [],
    (fields?.entities ?? []).map(({ column }) => column),
  );
}

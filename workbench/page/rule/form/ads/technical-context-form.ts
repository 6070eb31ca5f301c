import { html } from "lit";
import {
  type ExplainedField,
  parseTechnicalContext,
  renderTechnicalContext,
  withFields,
} from "../../../../../promote/ads/technical-context.ts";
import type { CheckContext } from "../../gate/check-context.ts";
import { type ListSection, listSectionParts, readListSection } from "./list-section.ts";
import { prose, type SectionForm } from "./section-form.ts";

/** Technical Context: what every field of an alert tells somebody outside security, field by field. */
export const technicalContextForm: SectionForm<ListSection<ExplainedField>> = {
  parse: (body) => readListSection(parseTechnicalContext(body)),
  render: (section) => renderTechnicalContext(listSectionParts(section)),
  form: (section, put, context) => {
    const shown = withEveryField(section, context);
    const gone = new Set(context.columns.map(({ name }) => name.toLowerCase()));
    return html`${prose("What one must know to read an alert", section.prose, (text) => put({ ...shown, prose: text }), { name: "background", hint: "In a few sentences, for somebody outside security." })}
      <table class="table fields-table">
        <caption class="hidden">Fields of an alert</caption>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">What it tells</th>
          </tr>
        </thead>
        <tbody>
          ${shown.items.map(
            (item, index) => html`<tr>
              <td>
                <code>${item.column}</code
                ><span class="sub"
                  >${context.columns.length > 0 && !gone.has(item.column.toLowerCase()) ? "not in the result any more" : item.kind}</span
                >
              </td>
              <td>
                <input
                  type="text"
                  aria-label=${`What ${item.column} tells`}
                  data-field=${item.column}
                  placeholder="One sentence"
                  .value=${item.explanation}
                  @input=${(event: InputEvent) => {
                    const explanation = (event.target as HTMLInputElement).value;
                    put({
                      ...shown,
                      items: shown.items.map((one, at) => (at === index ? { ...one, explanation } : one)),
                    });
                  }}
                />
              </td>
            </tr>`,
          )}
        </tbody>
      </table>`;
  },
};

/** The section with a line for each result column that it does not name yet. */
function withEveryField(
  section: ListSection<ExplainedField>,
  { columns, fields }: CheckContext,
): ListSection<ExplainedField> {
  const body = withFields(
    renderTechnicalContext(listSectionParts(section)),
    columns.map(({ name }) => ({
      name,
      kind: fields?.entities.find(({ column }) => column === name)?.kind ?? "",
    })),
    fields?.timeColumn ?? "_time",
  );
  const read = readListSection(parseTechnicalContext(body));
  return { prose: section.prose, items: read.items };
}

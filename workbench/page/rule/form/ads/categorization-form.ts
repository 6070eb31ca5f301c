import { html, nothing } from "lit";
import {
  type Category,
  parseCategorization,
  proposedCategories,
  renderCategorization,
} from "../../../../../promote/ads/categorization.ts";
import { technique } from "../../../../../promote/attack/attack.ts";
import { setRuleField } from "../../rule-fields.ts";
import { enteredIn } from "../rule-forms.ts";
import "../../../../notebook/hunt/technique-picker.ts";
import { type ListSection, listSectionParts, readListSection, withItem } from "./list-section.ts";
import type { SectionForm } from "./section-form.ts";

/** Categorization: techniques of ATT&CK with the tactic each serves here. rule.yaml gets the same ones. */
export const categorizationForm: SectionForm<ListSection<Category>> = {
  parse: (body) => readListSection(parseCategorization(body)),
  render: (section) => renderCategorization(listSectionParts(section)),
  form: (section, put, context) => {
    const { hand, fields } = context;
    const ids = [...new Set([...(fields?.techniques ?? []), ...section.items.map((item) => item.technique)])];
    const choose = (chosen: readonly string[]) => {
      const items = chosen.flatMap(
        (id) => section.items.find((item) => item.technique === id) ?? proposedCategories([id])[0] ?? [],
      );
      put({ ...section, items });
      hand.edit({ ruleYaml: setRuleField(hand.files?.ruleYaml ?? "", "techniques", chosen) }, true);
    };
    const unsaid = ids.filter((id) => !section.items.some((item) => item.technique === id));
    return html`<spoor-technique-picker .chosen=${ids} .change=${choose}></spoor-technique-picker>
      ${
        unsaid.length === 0
          ? nothing
          : html`<div class="buttons">
              <button type="button" class="button" @click=${() => choose(ids)}>Write ${unsaid.join(", ")} into the strategy</button>
            </div>`
      }
      ${section.items.map((item, index) => {
        const tactics = technique(item.technique)?.tactics ?? [];
        if (tactics.length < 2 && tactics.some((tactic) => tactic === item.tactic)) return nothing;
        return html`<label class="field inline"
          ><span>${item.technique} serves here</span
          ><select @change=${(event: Event) => put(withItem(section, index, { tactic: enteredIn(event) }))}>
            ${tactics.some((tactic) => tactic === item.tactic) ? nothing : html`<option value=${item.tactic} selected>${item.tactic}</option>`}
            ${tactics.map((tactic) => html`<option value=${tactic} ?selected=${tactic === item.tactic}>${tactic}</option>`)}
          </select></label
        >`;
      })}`;
  },
};

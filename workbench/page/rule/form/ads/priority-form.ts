import { html } from "lit";
import {
  PRIORITY_LEVELS,
  type Priority,
  parsePriority,
  priorityLevel,
  renderPriority,
} from "../../../../../promote/ads/priority.ts";
import { setRuleField } from "../../rule-fields.ts";
import { line, prose, type SectionForm } from "./section-form.ts";

/** Priority: how urgent an alert is, the same here and in rule.yaml, with the reason for it. */
export const priorityForm: SectionForm<Priority> = {
  parse: parsePriority,
  render: renderPriority,
  form: (priority, put, { hand }) => {
    const level = priorityLevel(priority.level);
    return html`<fieldset class="choices">
        <legend>How urgent is an alert?</legend>
        ${PRIORITY_LEVELS.map(
          (one) => html`<label
            ><input
              type="radio"
              name="priority"
              value=${one}
              .checked=${one === level}
              @change=${() => {
                put({ ...priority, level: one });
                hand.edit({ ruleYaml: setRuleField(hand.files?.ruleYaml ?? "", "severity", one) }, true);
              }}
            />
            ${one}</label
          >`,
        )}
      </fieldset>
      <p class="muted">
        Where a scenario of the risk model prices what the rule looks for, dollars and precision propose a level; another one
        needs a reason, and so does one without a price. rule.yaml gets the same severity.
      </p>
      ${line("Reason", priority.reason, (reason) => put({ ...priority, reason }), { name: "reason", placeholder: "a domain account lost costs a week of everybody's work" })}
      ${prose("What makes it more or less so", priority.prose, (text) => put({ ...priority, prose: text }), { rows: 3 })}`;
  },
};

import { html, nothing, type TemplateResult } from "lit";
import type { RuleTestReport } from "../../../server/api/api.ts";
import { badge } from "../../element/badge.ts";

const TEST_NAME = /^(match|no-match)-[\w.-]{1,80}\.ndjson$/;

/** Test files and how they came out: events that must match and events that must not. */
export function ruleTests(
  tests: Readonly<Record<string, string>>,
  report: RuleTestReport | null,
  readOnly: boolean,
  onChange: (tests: Readonly<Record<string, string>>) => void,
): TemplateResult {
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const name = `${data.get("expected")}-${String(data.get("name")).trim()}.ndjson`;
    if (!TEST_NAME.test(name) || name in tests) return;
    onChange({ ...tests, [name]: "" });
    form.reset();
  };
  return html`<div class="stack">
    ${
      report === null || report.tests.length === 0
        ? html`<p class="muted">
            A file <code>match-….ndjson</code> must make the rule fire, <code>no-match-….ndjson</code> must not. A line is one
            event; give it <code>"_dataset": "name"</code> when the rule reads several datasets.
          </p>`
        : html`<p class=${`notice ${report.passed ? "good" : "bad"}`} role="status">
            ${report.passed ? `All ${report.tests.length} tests pass.` : "Some tests fail."}
          </p>`
    }
    ${Object.entries(tests).map(([name, text]) => {
      const result = report?.tests.find((test) => test.name === name || `${test.name}.ndjson` === name);
      return html`<section class="panel">
        <div class="section-head">
          <h2><code>${name}</code></h2>
          <div class="buttons">
            ${result ? (result.passed ? badge("passes", "good") : badge("fails", "bad")) : nothing}
            ${
              readOnly
                ? nothing
                : html`<button
                  type="button"
                  class="button small"
                  aria-label=${`Remove ${name}`}
                  @click=${() => onChange(Object.fromEntries(Object.entries(tests).filter(([other]) => other !== name)))}
                >
                  Remove
                </button>`
            }
          </div>
        </div>
        ${result && result.message !== "" ? html`<p class="muted">${result.message}</p>` : nothing}
        <textarea
          class="code"
          rows="6"
          spellcheck="false"
          aria-label=${`Events of ${name}`}
          ?readonly=${readOnly}
          .value=${text}
          @input=${(event: InputEvent) => onChange({ ...tests, [name]: (event.target as HTMLTextAreaElement).value })}
        ></textarea>
      </section>`;
    })}
    ${
      readOnly
        ? nothing
        : html`<form class="inline-form" @submit=${add}>
          <label class="field"
            ><span>A new test that must</span>
            <select name="expected">
              <option value="match">match</option>
              <option value="no-match">not match</option>
            </select>
          </label>
          <label class="field"
            ><span>Name</span><input type="text" name="name" required pattern="[\\w.\\-]{1,80}" placeholder="notepad" spellcheck="false"
          /></label>
          <button class="button">Add</button>
        </form>`
    }
  </div>`;
}

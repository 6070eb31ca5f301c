import { html, nothing, type TemplateResult } from "lit";
import { ENTITY_KINDS } from "../../../../connectors/source/source.ts";
import { proposeEntities } from "../../../../promote/rule/propose.ts";
import { codeArea } from "../../../element/code-area.ts";
import { field } from "../../../element/field.ts";
import { type CheckContext, setField } from "../gate/check-context.ts";
import { type RuleFields, runField } from "../rule-fields.ts";

/** The rule's SQL; it is saved when asked, since it decides what is found. */
export function sqlForm({ hand, files, rule }: CheckContext): TemplateResult {
  const origin = files.shapeYaml ? "the builder" : files.sigmaYaml ? "a Sigma rule" : "";
  return html`<div class="stack tight">
    ${
      origin === ""
        ? nothing
        : html`<p class="muted">
          Made by ${origin}; the SQL is what runs.
          ${files.shapeYaml ? html`<a href=${`/rules/build?rule=${encodeURIComponent(rule.name)}`}>Change its parts</a>` : nothing}
        </p>`
    }
    <label class="field" id="rule-sql">
      <span>SQL</span>
      ${codeArea({
        value: files.ruleSql,
        rows: Math.min(26, Math.max(8, files.ruleSql.split("\n").length + 2)),
        change: (ruleSql) => hand.edit({ ruleSql }, false),
      })}
      <span class="hint">One SELECT; its rows are the detections. Bounds in time come from the run, never from now().</span>
    </label>
  </div>`;
}

/** Which result column is the event's time. */
export function timeForm(context: CheckContext): TemplateResult {
  const { fields, columns } = context;
  if (fields === null) return yamlUnreadable();
  const times = columns.filter(({ type }) => /^TIMESTAMP/i.test(type)).map(({ name }) => name);
  const offered = [...new Set([...times, fields.timeColumn])];
  return html`<div class="inline-form">
    ${field(
      "Column with the event's time",
      html`<select name="timeColumn" @change=${(event: Event) => setField(context, "timeColumn", enteredIn(event))}>
        ${offered.map((name) => html`<option value=${name} ?selected=${name === fields.timeColumn}>${name}</option>`)}
      </select>`,
      "When it happened, not when it was collected. Only columns of time are offered.",
    )}
    ${field(
      "Looks back",
      html`<input
        type="text"
        name="lookback"
        size="8"
        .value=${fields.lookback}
        @change=${(event: Event) => setField(context, "lookback", enteredIn(event).trim() || "0s")}
      />`,
      "How far before its own time a row looks: 0s for a plain filter, 15m, 1h, 2d.",
    )}
  </div>`;
}

/** Which result columns say whom it concerns. */
export function entitiesForm(context: CheckContext): TemplateResult {
  const { fields, columns } = context;
  if (fields === null) return yamlUnreadable();
  const { entities } = fields;
  const set = (changed: RuleFields["entities"]) =>
    setField(
      context,
      "entities",
      changed.map(({ column, kind }) => ({ column, kind })),
    );
  const free = columns.filter(
    ({ name }) => name !== fields.timeColumn && !entities.some(({ column }) => column === name),
  );
  return html`<div class="stack tight">
    <ul class="form-rows">
      ${entities.map(
        ({ column, kind }, index) => html`<li>
          <code>${column}</code>
          <select
            aria-label=${`Kind of ${column}`}
            @change=${(event: Event) =>
              set(
                entities.map((entity, at) => (at === index ? { ...entity, kind: enteredIn(event) } : entity)),
              )}
          >
            ${ENTITY_KINDS.map((one) => html`<option value=${one} ?selected=${one === kind}>${one}</option>`)}
          </select>
          <button
            type="button"
            class="button small"
            aria-label=${`Remove ${column}`}
            @click=${() => set(entities.filter((_, at) => at !== index))}
          >
            Remove
          </button>
        </li>`,
      )}
    </ul>
    ${
      free.length === 0
        ? nothing
        : html`<div class="buttons">
            <span class="muted">Add</span>
            ${free.slice(0, 24).map(
              ({ name }) => html`<button
                type="button"
                class="button small"
                @click=${() => set([...entities, { column: name, kind: proposeEntities([{ name, type: "VARCHAR" }])[0]?.kind ?? "host" }])}
              >
                ${name}
              </button>`,
            )}
          </div>`
    }
    <p class="muted">Detections of the same time and entities are one; alerts of the same entities are grouped.</p>
  </div>`;
}

/** Whether it streams or runs on a schedule, and why. */
export function runForm(context: CheckContext): TemplateResult {
  const { fields, rule } = context;
  if (fields === null) return yamlUnreadable();
  const set = (change: Partial<RuleFields>) => setField(context, "run", runField({ ...fields, ...change }));
  const text = (name: "cron" | "zone" | "reason" | "slice", label: string, hint: string, wide = false) =>
    html`<label class=${`field ${wide ? "wide" : ""}`}
      ><span>${label}</span
      ><input
        type="text"
        name=${name}
        .value=${fields[name]}
        @change=${(event: Event) => set({ [name]: enteredIn(event).trim() })}
      /><span class="hint">${hint}</span></label
    >`;
  return html`<div class="stack tight">
    ${
      rule.streamability === null || rule.streamability === undefined
        ? nothing
        : html`<p class="muted">${streamSentence(rule.streamability)}</p>`
    }
    <fieldset class="choices">
      <legend>How it runs</legend>
      ${(["stream", "batch"] as const).map(
        (mode) => html`<label
          ><input
            type="radio"
            name="mode"
            value=${mode}
            .checked=${fields.mode === mode}
            @change=${() => set({ mode })}
          />
          ${mode === "stream" ? "As events arrive (stream)" : "On a schedule (batch)"}</label
        >`,
      )}
    </fieldset>
    ${
      fields.mode === "stream"
        ? html`<div class="inline-form">${text("slice", "Slice", "How long events are gathered: 10s.")}</div>`
        : html`<div class="inline-form">
            ${text("cron", "Schedule", "Cron: */15 * * * * is every quarter of an hour.")}
            ${text("zone", "Time zone", "UTC, Europe/Berlin.")}
            ${text("reason", "Why it does not stream", "One sentence: first seen needs all history.", true)}
          </div>`
    }
  </div>`;
}

function streamSentence(streamable: NonNullable<CheckContext["rule"]["streamability"]>): string {
  const { reason } = streamable as { readonly reason?: string };
  return reason ?? "";
}

export function enteredIn(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement).value;
}

/** What stands where a form cannot, because rule.yaml is no YAML. */
export function yamlUnreadable(): TemplateResult {
  return html`<p class="notice bad">rule.yaml is no YAML, so there are no fields to fill in. Mend it as text, below.</p>`;
}

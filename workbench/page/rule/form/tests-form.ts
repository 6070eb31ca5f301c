import { html, nothing, type TemplateResult } from "lit";
import type { DetectionRow, ProposedTest, RuleTestReport } from "../../../../server/api/api.ts";
import { client } from "../../../api/browser-client.ts";
import { badge } from "../../../element/badge.ts";
import { codeArea } from "../../../element/code-area.ts";
import { renderFailure } from "../../../element/failure.ts";
import { instant } from "../../../element/instant.ts";
import { View } from "../../../element/view.ts";
import { Working } from "../../../element/working.ts";
import { formatPlural } from "../../../format/number.ts";
import type { CheckContext } from "../gate/check-context.ts";
import { datasetsRead } from "./ads/rule-value.ts";
import { ordinaryEvent } from "./ordinary-event.ts";

type Expected = "match" | "no-match";
const SHOWN = 5;

/** Events that a rule must find or must leave alone: those it has, and ways to take one from what was seen. */
export class TestsForm extends View {
  static override properties = { context: { attribute: false }, expected: { attribute: false } };
  declare context: CheckContext;
  /** Only tests that expect this; both when null. */
  declare expected: Expected | null;
  #working = new Working(this);
  #taken: ProposedTest | null = null;

  override render(): TemplateResult {
    const { rule, files, hand } = this.context;
    const expected = this.expected ?? null;
    const report: RuleTestReport | null = hand.isEdited ? null : rule.tests;
    const names = Object.keys(files.tests).filter(
      (name) => expected === null || name.startsWith(`${expected}-`),
    );
    return html`<div class="stack">
      ${this.#take(expected)}
      ${this.#taken === null ? nothing : html`<p class="notice good" role="status">Added <code>${this.#taken.name}</code>. ${this.#taken.why}</p>`}
      ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
      ${names.map((name) => this.#test(name, files.tests[name]!, report))}
      ${names.length === 0 ? nothing : html`<p class="muted">Tests run by themselves whenever the rule is saved.</p>`}
    </div>`;
  }

  #take(expected: Expected | null): TemplateResult {
    const detections = this.#seen().slice(0, SHOWN);
    return html`<div class="panel stack tight">
      <h3>${expected === "no-match" ? "Take an event that must not match" : expected === "match" ? "Take an event that must match" : "Take a test from what was seen"}</h3>
      ${expected === "match" ? nothing : this.#nearMisses()}
      ${
        detections.length === 0
          ? html`<p class="muted">Once the backtest has found something, its detections stand here to be taken. An event can also be written by hand.</p>`
          : html`<p class="muted">
                ${
                  expected === "no-match"
                    ? "From the time of each detection, the event that has most in common with it and that the rule left alone."
                    : "These were found in the data. The events behind one become a test."
                }
              </p>
              <ul class="form-rows">
                ${detections.map((one) => this.#detection(one, expected))}
              </ul>`
      }
      <div class="buttons">
        ${(["match", "no-match"] as const)
          .filter((one) => expected === null || one === expected)
          .map(
            (one) => html`<button type="button" class="button small" @click=${() => this.#blank(one)}>
              Write one by hand that must ${one === "match" ? "match" : "not match"}
            </button>`,
          )}
      </div>
    </div>`;
  }

  /** Tests that notice a broken variant of the SQL: the sharpest there are. */
  #nearMisses(): TemplateResult | typeof nothing {
    const { rule, files } = this.context;
    const near = (rule.evidence.mutation?.mutants ?? []).filter(
      ({ caught, suggestion }) =>
        !caught &&
        suggestion?.expected === "no-match" &&
        !Object.values(files.tests).includes(suggestion.events),
    );
    if (near.length === 0) return nothing;
    return html`<p class="muted">Near misses: each differs from a match in one thing that the SQL asks for.</p>
      <ul class="form-rows">
        ${near.slice(0, SHOWN).map(
          ({ what, suggestion }) => html`<li>
            <span class="grow">${what}</span>
            <button
              type="button"
              class="button small"
              data-near-miss
              @click=${() => this.#add({ ...suggestion!, expected: "no-match" })}
            >
              Take it<span class="hidden">: ${what}</span>
            </button>
          </li>`,
        )}
      </ul>`;
  }

  #seen(): readonly DetectionRow[] {
    const { rule } = this.context;
    const seen = [...rule.detectionsRecent, ...(rule.backtest?.sample ?? [])];
    return [...new Map(seen.map((one) => [one.id, one])).values()];
  }

  #detection(one: DetectionRow, expected: Expected | null): TemplateResult {
    const busy = this.#working.doing !== null;
    const who = Object.values(one.entities).filter(Boolean).join(", ");
    return html`<li>
      <span class="grow">${instant(one.time)} <span class="muted">${who}</span></span>
      ${
        expected === "no-match"
          ? nothing
          : html`<button type="button" class="button small" ?disabled=${busy} @click=${() => this.#propose("match", one)}>
              Must match<span class="hidden">: ${who}</span>
            </button>`
      }
      ${
        expected === "match"
          ? nothing
          : html`<button type="button" class="button small" ?disabled=${busy} @click=${() => this.#propose("no-match", one)}>
              An ordinary event of then<span class="hidden">: ${who}</span>
            </button>`
      }
    </li>`;
  }

  #test(name: string, text: string, report: RuleTestReport | null): TemplateResult {
    const { files, hand } = this.context;
    const result = report?.tests.find((test) => test.name === name || `${test.name}.ndjson` === name);
    const events = text.split("\n").filter((line) => line.trim() !== "").length;
    const must = name.startsWith("no-match-") ? "must not match" : "must match";
    return html`<details class="test" ?open=${text === "" || result?.passed === false}>
      <summary>
        ${result ? (result.passed ? badge("passes", "good") : badge("fails", "bad")) : badge("not run", "neutral")}
        <code>${name}</code> <span class="muted">${must}, ${formatPlural(events, "event")}</span>
      </summary>
      <div class="stack tight">
        ${result && result.message !== "" ? html`<p class="muted">${result.message}</p>` : nothing}
        ${codeArea({
          value: text,
          rows: Math.min(14, Math.max(4, events * 3)),
          label: `Events of ${name}`,
          change: (changed) =>
            hand.edit({ tests: { ...(hand.files?.tests ?? files.tests), [name]: changed } }, true),
        })}
        <div class="buttons">
          <span class="muted">One JSON object a line; <code>"_dataset"</code> says where it belongs when the rule reads several.</span>
          <button
            type="button"
            class="button small"
            aria-label=${`Remove ${name}`}
            @click=${() =>
              hand.edit(
                {
                  tests: Object.fromEntries(Object.entries(files.tests).filter(([other]) => other !== name)),
                },
                true,
              )}
          >
            Remove
          </button>
        </div>
      </div>
    </details>`;
  }

  #propose(expected: Expected, detection: DetectionRow): void {
    const { rule } = this.context;
    void this.#working.run(detection.id, async (signal) => {
      this.#taken = null;
      const read = datasetsRead(this.context);
      this.#add(
        expected === "match"
          ? await client.testFromDetection(rule.name, detection.id, signal)
          : await ordinaryEvent(detection, read[0] ?? "", this.#seen(), read.length > 1, signal),
      );
    });
  }

  #add(proposed: ProposedTest): void {
    const { hand, files } = this.context;
    const tests = hand.files?.tests ?? files.tests;
    const name = freeTestName(proposed.name, tests);
    hand.edit({ tests: { ...tests, [name]: proposed.events } }, true);
    this.#taken = { ...proposed, name };
    this.requestUpdate();
  }

  #blank(expected: Expected): void {
    const { hand, files } = this.context;
    const tests = hand.files?.tests ?? files.tests;
    hand.edit({ tests: { ...tests, [freeTestName(`${expected}-by-hand`, tests)]: "" } }, false);
  }
}

/** A test's file name that is not taken: the name proposed, or with a number. */
export function freeTestName(proposed: string, taken: Readonly<Record<string, string>>): string {
  const base = proposed.replace(/\.ndjson$/, "");
  for (let count = 1; ; count += 1) {
    const name = `${base}${count === 1 ? "" : `-${count}`}.ndjson`;
    if (!(name in taken)) return name;
  }
}

customElements.define("spoor-rule-tests", TestsForm);

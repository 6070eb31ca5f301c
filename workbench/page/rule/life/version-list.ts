import { html, nothing, type TemplateResult } from "lit";
import type { VersionDifference } from "../../../../promote/gate/evidence.ts";
import type { RuleDetail, RuleFiles, RuleVersionEntry } from "../../../../server/api/api.ts";
import { client } from "../../../api/browser-client.ts";
import { followJob } from "../../../api/follow-job.ts";
import { badge } from "../../../element/badge.ts";
import { emptyState } from "../../../element/empty-state.ts";
import { renderFailure } from "../../../element/failure.ts";
import { age } from "../../../element/instant.ts";
import { View } from "../../../element/view.ts";
import { Working } from "../../../element/working.ts";
import { alertDifferenceView, textDifferenceView } from "../evidence/difference-view.ts";

const FILES: readonly (readonly [keyof RuleFiles & string, string])[] = [
  ["ruleSql", "rule.sql"],
  ["ruleYaml", "rule.yaml"],
  ["responseYaml", "response.yaml"],
  ["adsMarkdown", "ADS.md"],
];

/** The sets of files that a rule had, newest first; one is compared with the present one in text and in alerts. */
export class VersionList extends View {
  static override properties = { rule: { attribute: false } };
  declare rule: RuleDetail;
  #working = new Working(this);
  #chosen = "";
  #files: RuleFiles | null = null;
  #difference: VersionDifference | null = null;

  override render(): TemplateResult {
    const { versions } = this.rule;
    if (versions.length < 2)
      return emptyState(
        "One version only",
        "Every save that changes a file is kept, and can be compared with what runs now.",
      );
    return html`<div class="versions">
      <ul class="form-rows" aria-label="Versions">
        ${versions.map((entry) => this.#entry(entry))}
      </ul>
      <div class="stack">${this.#compared()}</div>
    </div>`;
  }

  #entry(entry: RuleVersionEntry): TemplateResult {
    const decides = entry.version !== "" && entry.version !== this.rule.version;
    return html`<li class=${keyOf(entry) === this.#chosen ? "chosen" : ""}>
      <span class="grow"
        ><code>${entry.version || "not readable"}</code>
        <span class="muted">${age(entry.at)} by ${entry.by || "somebody else"}</span>
        ${decides ? badge("other query", "accent") : nothing}</span
      >
      ${
        entry.current
          ? badge("now", "good")
          : html`<button type="button" class="button small" ?disabled=${this.#working.doing !== null} @click=${() => this.#compare(entry)}>
              Compare<span class="hidden"> the version of ${entry.at}</span>
            </button>`
      }
    </li>`;
  }

  #compared(): TemplateResult | typeof nothing {
    const { failure } = this.#working;
    if (this.#files === null)
      return failure
        ? renderFailure(failure)
        : html`<p class="muted">${this.#working.doing === null ? "Compare a version to see what changed in the files and in the alerts." : "Comparing…"}</p>`;
    const before = this.#files;
    const now = this.rule.files;
    const changed = FILES.filter(([key]) => before[key] !== now[key]);
    return html`
      ${
        failure
          ? html`<p class="muted">Their alerts cannot be compared.</p>
              ${renderFailure(failure)}`
          : this.#difference === null
            ? html`<p class="muted">${this.#working.doing === null ? "" : "Counting the alerts of both…"}</p>`
            : alertDifferenceView(this.#difference)
      }
      ${changed.map(
        ([key, name]) => html`<section class="stack tight">
          <h3>${name}</h3>
          ${textDifferenceView(String(before[key] ?? ""), String(now[key] ?? ""), `What changed in ${name}`)}
        </section>`,
      )}
      ${changed.length === 0 ? html`<p class="muted">The texts are the same; its tests differ.</p>` : nothing}
    `;
  }

  #compare(entry: RuleVersionEntry): void {
    void this.#working.run("compare", async (signal) => {
      this.#chosen = keyOf(entry);
      this.#difference = null;
      this.#files = null;
      this.#files = await client.ruleVersionFiles(this.rule.name, entry.files, signal);
      this.requestUpdate();
      if (entry.version === "" || entry.version === this.rule.version) return;
      const job = await followJob(
        client,
        await client.ruleDifference(this.rule.name, { from: entry.files }, signal),
        {
          signal,
        },
      );
      if (job.state === "succeeded") this.#difference = job.result as VersionDifference;
    });
  }
}

/** Two saves can hold the same files: a save is named by its time too. */
function keyOf({ at, files }: RuleVersionEntry): string {
  return `${at} ${files}`;
}

customElements.define("spoor-rule-versions", VersionList);

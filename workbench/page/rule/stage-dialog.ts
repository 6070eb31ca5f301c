import { html, nothing, type TemplateResult } from "lit";
import type { VersionDifference } from "../../../promote/gate/evidence.ts";
import type { Stage } from "../../../promote/records/records.ts";
import type { RuleDetail } from "../../../server/api/api.ts";
import type { ApiFailure } from "../../api/api-failure.ts";
import { dialog } from "../../element/dialog.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { formatPlural, formatRate } from "../../format/number.ts";
import { alertDifferenceView } from "./evidence/difference-view.ts";
import { issuePath } from "./issue-path.ts";

const TITLES: Readonly<Record<Stage, string>> = {
  draft: "Back to draft",
  staged: "Stage this rule",
  paging: "Let this rule page its owner",
  retired: "Retire this rule",
};

export interface StageDialogOptions {
  readonly rule: RuleDetail;
  readonly stage: Stage;
  readonly busy: boolean;
  readonly failure: ApiFailure | null;
  readonly confirm: (reason: string) => void;
  readonly close: () => void;
}

/** Asks before a rule changes its stage: what that means, what it does to the alerts, and why. */
export function stageDialog(options: StageDialogOptions): TemplateResult {
  const { rule, stage } = options;
  const down = isStepDown(rule.stage, stage);
  return dialog(
    TITLES[stage],
    options.close,
    html`<form
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        options.confirm(String(new FormData(event.target as HTMLFormElement).get("reason")).trim());
      }}
    >
      ${stage === "paging" ? approval(rule) : nothing}
      ${stage === "staged" && !down ? html`<p>It runs and records what it finds. It can reach nobody.</p>` : nothing}
      ${field(
        "Reason",
        html`<textarea name="reason" rows="2" autofocus ?required=${down}></textarea>`,
        down ? "Whoever finds the rule later reads it on its page." : "Kept in the activity log.",
      )}
      ${options.failure ? refusal(rule.name, options.failure) : nothing}
      <div class="buttons">
        <button class="button primary" ?disabled=${options.busy}>${TITLES[stage]}</button>
        <button type="button" class="button" @click=${options.close}>Cancel</button>
      </div>
    </form>`,
  );
}

/** What the approver must know: whom it wakes, how often, and how the alerts differ from those of the version that watches. */
function approval(rule: RuleDetail): TemplateResult {
  const difference: VersionDifference | null = rule.evidence?.difference ?? null;
  const open = rule.gate.checks.filter(({ state }) => state !== "passed").length;
  return html`${
    rule.gate.passed
      ? html`<p>From now on its detections become alerts for <strong>${rule.owner || "its owner"}</strong>.</p>`
      : html`<p class="notice" role="status">
          <strong>Not yet.</strong> ${formatPlural(open, "check does not pass", "checks do not pass")}, so the gate will refuse and say why.
        </p>`
  }
    ${
      difference !== null
        ? html`<h3>Against the version that watched before</h3>
            ${alertDifferenceView(difference)}`
        : rule.backtest === null
          ? html`<p class="muted">No backtest says how many alerts that makes.</p>`
          : html`<p>
              No version of it has watched before, so every alert is new: over the history it found
              ${formatPlural(rule.backtest.detections, "detection")}, ${formatRate(rule.backtest.alertsPerWeek)} a week.
            </p>`
    }`;
}

function isStepDown(from: Stage, to: Stage): boolean {
  const order: readonly Stage[] = ["draft", "staged", "paging"];
  return to === "retired" || order.indexOf(to) < order.indexOf(from);
}

/** A refusal of the gate: every reason with its remedy and a link to where it is mended. */
export function refusal(rule: string, failure: ApiFailure): TemplateResult {
  if (failure.issues.length === 0) return renderFailure(failure);
  return html`<div class="failure" role="alert">
    <p class="failure-title">${failure.message}</p>
    ${renderIssues(failure.issues, (issue) => issuePath(rule, issue))}
  </div>`;
}

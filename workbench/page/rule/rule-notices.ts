import { html, nothing, type TemplateResult } from "lit";
import type { RuleDetail } from "../../../server/api/api.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { formatLocal } from "../../format/instant.ts";
import { issuePath } from "./issue-path.ts";
import type { RuleInHand } from "./rule-in-hand.ts";
import { refusal } from "./stage-dialog.ts";

/** Whether what is typed has reached the server, in a few words. */
export function saveState(hand: RuleInHand): string {
  if (hand.saving.doing !== null) return "Saving…";
  if (hand.waitsForSave) return "There are changes that are not saved.";
  if (hand.isEdited) return "Changes save themselves…";
  return hand.savedMs === null ? "" : `Saved ${formatLocal(hand.savedMs)}`;
}

/** What went wrong with the rule in hand: a save or a job that failed, a stage that was held back. */
export function stateNotices(hand: RuleInHand, rule: RuleDetail): TemplateResult {
  return html`
    ${hand.saving.failure ? refusal(rule.name, hand.saving.failure) : nothing}
    ${hand.working.failure && !["staged", "paging", "draft", "retired"].includes(hand.working.failed ?? "") ? refusal(rule.name, hand.working.failure) : nothing}
    ${
      hand.held === null
        ? nothing
        : html`<div class="notice warning section stack tight" role="alert">
            <p>
              <strong>Saved, and the rule is ${rule.stage}:</strong> the gate refuses the stage that rule.yaml asked for, so
              rule.yaml now says ${rule.stage}.
            </p>
            ${renderIssues(hand.held.issues, (issue) => issuePath(rule.name, issue))}
          </div>`
    }
  `;
}

import { html, nothing, type TemplateResult } from "lit";
import type { Issue } from "../../connectors/issue/issue.ts";
import { badge } from "./badge.ts";

/** Issues as a list: what is wrong, what to do, where; `linkOf` gives the place where an issue is mended. */
export function renderIssues(
  issues: readonly Issue[],
  linkOf: (issue: Issue) => string | null = () => null,
): TemplateResult {
  return html`<ul class="issues">
    ${issues.map((issue) => {
      const link = linkOf(issue);
      return html`<li class="issue">
        ${issue.severity === "error" ? badge("error", "bad") : badge("warning", "warning")}
        <div>
          <p>${issue.message}</p>
          <p class="muted">
            ${issue.remedy}
            ${link === null ? nothing : html`<a href=${link}>Mend it</a>`}
          </p>
          <p class="place"><code>${issue.place}</code></p>
        </div>
      </li>`;
    })}
  </ul>`;
}

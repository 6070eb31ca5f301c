import { html, nothing, type TemplateResult } from "lit";
import type { ApiFailure } from "../api/api-failure.ts";
import { renderIssues } from "./issue-list.ts";

export interface FailureOptions {
  readonly title?: string;
  readonly retry?: () => void;
}

/** An error shown where it happened: what, the issues with their remedies, and a way to try again. */
export function renderFailure(failure: ApiFailure, options: FailureOptions = {}): TemplateResult {
  return html`<div class="failure" role="alert">
    <p class="failure-title">${options.title ?? "This did not work"}</p>
    <p>${failure.message}</p>
    ${failure.issues.length > 0 ? renderIssues(failure.issues) : nothing}
    ${
      options.retry
        ? html`<button type="button" class="button small" @click=${options.retry}>Try again</button>`
        : nothing
    }
  </div>`;
}

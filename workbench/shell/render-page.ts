import { html, type TemplateResult } from "lit";
import type { Route } from "../route/route.ts";

/** The element of each page; the compiler lists a page that is missing here. */
export function renderPage(route: Route): TemplateResult {
  switch (route.page) {
    case "today":
      return html`<spoor-today-page></spoor-today-page>`;
    case "sources":
      return html`<spoor-sources-page></spoor-sources-page>`;
    case "onboard":
      return html`<spoor-onboard-page></spoor-onboard-page>`;
    case "source":
      return html`<spoor-source-page .name=${route.name}></spoor-source-page>`;
    case "hunts":
      return html`<spoor-hunts-page></spoor-hunts-page>`;
    case "notebook":
      return html`<spoor-notebook-page name=${route.name}></spoor-notebook-page>`;
    case "rules":
      return html`<spoor-rules-page></spoor-rules-page>`;
    case "build":
      return html`<spoor-builder-page></spoor-builder-page>`;
    case "rule":
      return html`<spoor-rule-page .name=${route.name}></spoor-rule-page>`;
    case "promote":
      return html`<spoor-promote-page .name=${route.name}></spoor-promote-page>`;
    case "alerts":
      return html`<spoor-alerts-page></spoor-alerts-page>`;
    case "alert":
      return html`<spoor-alert-page .alertId=${route.name}></spoor-alert-page>`;
    case "entity":
      return html`<spoor-entity-page .kind=${route.kind} .value=${route.name}></spoor-entity-page>`;
    case "risk":
      return html`<spoor-risk-page></spoor-risk-page>`;
    case "elicit":
      return html`<spoor-elicit-page></spoor-elicit-page>`;
    case "forecasts":
      return html`<spoor-forecasts-page></spoor-forecasts-page>`;
    case "owners":
      return html`<spoor-owners-page></spoor-owners-page>`;
    case "activity":
      return html`<spoor-activity-page></spoor-activity-page>`;
    case "missing":
      return html`<h1>There is no page here</h1>
        <p class="muted">The address leads nowhere in Spoor.</p>
        <p class="section"><a class="button primary" href="/today">Go to Today</a></p>`;
  }
}

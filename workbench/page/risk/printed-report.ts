import { riskReportParts } from "../../../promote/risk/report-html.ts";
import type { RiskReport } from "../../../promote/risk/report-value.ts";

/** The report on two pages of paper, beside the page that one reads on a screen: printing shows this one alone (print.css). */
class PrintedReport extends HTMLElement {
  readonly #root = this.attachShadow({ mode: "open" });
  #shown: RiskReport | null = null;

  set report(report: RiskReport) {
    if (report === this.#shown) return;
    this.#shown = report;
    const { css, markup } = riskReportParts(report);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.#root.adoptedStyleSheets = [sheet];
    // Every text in the markup is escaped where it is made; it holds no script.
    this.#root.innerHTML = markup;
  }
}

customElements.define("spoor-printed-report", PrintedReport);

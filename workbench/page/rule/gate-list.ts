import { html, nothing, type TemplateResult } from "lit";
import type { GateCheck, GateReport } from "../../../server/api/api.ts";
import { badge } from "../../element/badge.ts";
import { mendPath } from "./issue-path.ts";

const STATES: Readonly<Record<GateCheck["state"], TemplateResult>> = {
  passed: badge("passed", "good"),
  failed: badge("failed", "bad"),
  waiting: badge("waiting", "warning"),
};

/** The gate as a list that fills itself: what is fulfilled with its evidence, what is not with its remedy. */
export function gateList(gate: GateReport): TemplateResult {
  const passed = gate.checks.filter(({ state }) => state === "passed").length;
  const open = gate.checks.filter(({ state }) => state !== "passed");
  const done = gate.checks.filter(({ state }) => state === "passed");
  return html`
    <p class=${`notice ${gate.passed ? "good" : "warning"}`}>
      ${
        gate.passed
          ? `All ${gate.checks.length} checks for ${gate.target} are passed.`
          : `${passed} of ${gate.checks.length} checks for ${gate.target} are passed.`
      }
    </p>
    <ul class="gate">
      ${[...open, ...done].map(
        (check) => html`<li>
          ${STATES[check.state]}
          <div>
            <p><strong>${check.title}</strong></p>
            ${check.evidence === "" ? nothing : html`<p class="muted">${check.evidence}</p>`}
            ${check.state === "passed" || check.remedy === "" ? nothing : html`<p>${check.remedy}</p>`}
          </div>
          ${
            check.state === "passed" || check.link === ""
              ? html`<span></span>`
              : html`<a class="button small" href=${mendPath(gate.rule, check.link)} >Mend it<span class="hidden">: ${check.title}</span></a>`
          }
        </li>`,
      )}
    </ul>
  `;
}

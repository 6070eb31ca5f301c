import { html, nothing, type TemplateResult } from "lit";
import type { GateCheck } from "../../../../server/api/api.ts";
import type { GateStep } from "./gate-steps.ts";

const MARKS: Readonly<Record<GateCheck["state"], string>> = {
  passed: "\u2713",
  failed: "\u2715",
  waiting: "\u2026",
};

/** The gate as a list of links by step, each with its state as a mark and a word; the arrow keys go between them. */
export function gateRail(
  steps: readonly GateStep[],
  selected: string,
  href: (code: string) => string,
): TemplateResult {
  return html`<nav class="gate-rail" aria-label="Checks of the gate" @keydown=${onKey}>
    ${steps.map(({ key, title, checks }) => {
      const passed = checks.filter(({ state }) => state === "passed").length;
      return html`<section aria-labelledby=${`step-${key}`}>
        <h2 id=${`step-${key}`}>
          ${title}
          <span class=${`count ${passed === checks.length ? "good" : ""}`}>${passed}/${checks.length}</span>
        </h2>
        <ul>
          ${checks.map(
            (check) => html`<li>
              <a
                href=${href(check.code)}
                class=${check.state}
                data-check=${check.code}
                aria-current=${check.code === selected ? "true" : nothing}
                ><span class="mark" aria-hidden="true">${MARKS[check.state]}</span
                ><span>${check.title}<span class="hidden">: ${check.state}</span></span></a
              >
            </li>`,
          )}
        </ul>
      </section>`;
    })}
  </nav>`;
}

function onKey(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("a")];
  const next = links[links.indexOf(document.activeElement as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

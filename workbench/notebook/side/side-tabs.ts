import { html, type TemplateResult } from "lit";

export type Side = "outline" | "hunt" | "data" | "functions" | "history" | "value";

const LABELS: Readonly<Record<Side, string>> = {
  outline: "Outline",
  hunt: "Hunt",
  data: "Datasets",
  functions: "Functions",
  history: "History",
  value: "Value",
};

/** The tabs beside the notebook and the panel of the one that is chosen. */
export function sideTabs(
  sides: readonly Side[],
  chosen: Side,
  choose: (side: Side) => void,
  panel: unknown,
): TemplateResult {
  return html`<div class="tabs" role="tablist" aria-label="Beside the notebook" @keydown=${onKey}>
      ${sides.map(
        (side) => html`<button
          type="button"
          role="tab"
          id="side-tab-${side}"
          aria-controls="side-panel"
          aria-selected=${side === chosen}
          tabindex=${side === chosen ? 0 : -1}
          @click=${() => choose(side)}
        >
          ${LABELS[side]}
        </button>`,
      )}
    </div>
    <div id="side-panel" class="side-panel" role="tabpanel" aria-labelledby="side-tab-${chosen}">
      <h2 class="hidden">${LABELS[chosen]}</h2>
      ${panel}
    </div>`;
}

function onKey(event: KeyboardEvent): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  const tabs = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("[role=tab]")];
  const next = tabs[(tabs.indexOf(event.target as HTMLElement) + by + tabs.length) % tabs.length];
  next?.click();
  next?.focus();
}

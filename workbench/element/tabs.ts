import { html, nothing, type TemplateResult } from "lit";

export interface Tab {
  readonly key: string;
  readonly title: string;
  readonly count?: number;
}

/** Tabs with the arrow keys; the panel that follows carries `id="tab-panel"`. */
export function tabs(
  label: string,
  all: readonly Tab[],
  selected: string,
  onSelect: (key: string) => void,
): TemplateResult {
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = all.findIndex(({ key }) => key === selected);
    const next = all[(at + step + all.length) % all.length];
    if (!next) return;
    event.preventDefault();
    onSelect(next.key);
    const list = event.currentTarget as HTMLElement;
    list.querySelector<HTMLElement>(`#tab-${next.key}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} @keydown=${onKey}>
    ${all.map(
      ({ key, title, count }) => html`<button
        type="button"
        role="tab"
        id=${`tab-${key}`}
        aria-selected=${key === selected}
        aria-controls="tab-panel"
        tabindex=${key === selected ? 0 : -1}
        @click=${() => onSelect(key)}
      >
        ${title}${count === undefined ? nothing : html`<span class="tab-count">${count}</span>`}
      </button>`,
    )}
  </div>`;
}

/** What the selected tab shows. */
export function tabPanel(selected: string, content: unknown): TemplateResult {
  return html`<div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${selected}`}>${content}</div>`;
}

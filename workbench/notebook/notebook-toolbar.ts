import { html, nothing, type TemplateResult } from "lit";
import type { PersonPresent } from "../../server/api/api.ts";
import { commandEntry, type MenuSection } from "./command/command-menu.ts";
import type { CommandId } from "./command/commands.ts";
import type { SavingState } from "./saving/notebook-saving.ts";

export interface ToolbarState {
  readonly title: string;
  readonly huntState: string | null;
  readonly others: readonly PersonPresent[];
  /** Who looks at the page. */
  readonly user: string;
  readonly runningCount: number;
  readonly saving: SavingState;
  readonly undoLabel: string | null;
  readonly redoLabel: string | null;
  readonly stopped: boolean;
}

export interface ToolbarActions {
  retitle(title: string): void;
  command(command: CommandId): void;
  show(cell: number): void;
}

const SAVING: Readonly<Record<SavingState, string>> = {
  saved: "Saved",
  unsaved: "Not saved yet",
  saving: "Saving…",
  failed: "Not saved: the server does not answer",
};

/** The name of another window's person: one's own second window is no stranger. */
export function personName(other: string, user: string): string {
  return other === user ? "you, elsewhere" : other;
}

/** The line over the notebook: its title, who is there, whether it is saved, and what runs. */
export function notebookToolbar(state: ToolbarState, actions: ToolbarActions): TemplateResult {
  const step = (command: "undo" | "redo", label: string | null, text: string, none: string, key: string) =>
    html`<button
      type="button"
      class="button small"
      ?disabled=${label === null}
      title=${label === null ? none : `${text}: ${label} (${key})`}
      @click=${() => actions.command(command)}
    >
      ${text}
    </button>`;
  return html`<header class="notebook-toolbar">
    <h1 class="hidden">${state.title}</h1>
    <input
      class="notebook-title"
      type="text"
      aria-label="Title"
      .value=${state.title}
      @change=${(event: Event) => actions.retitle((event.target as HTMLInputElement).value.trim() || "Untitled")}
    />
    ${state.huntState ? html`<span class="hunt-state ${state.huntState}">${state.huntState}</span>` : nothing}
    ${people(state, actions)}
    <span class="notebook-running" role="status">${
      state.runningCount === 0
        ? nothing
        : html`<span class="cell-pulse" aria-hidden="true"></span>${state.runningCount === 1 ? "1 cell runs" : `${state.runningCount} cells run`}`
    }</span>
    <button
      type="button"
      class="notebook-saving ${state.saving}"
      title="Show the history (Shift H)"
      @click=${() => actions.command("history")}
    >
      <span role="status">${SAVING[state.saving]}</span>
    </button>
    <span class="buttons">
      ${step("undo", state.undoLabel, "Undo", "Nothing to undo", "z")}
      ${step("redo", state.redoLabel, "Redo", "Nothing to do again", "Shift Z")}
      <button
        type="button"
        class="button small"
        ?disabled=${state.stopped}
        @click=${() => actions.command("stop")}
        title="Ends every running cell and query and clears what they show (0 0). Your text stays; Run all starts afresh."
      >
        Stop
      </button>
      <button
        type="button"
        class="button small primary"
        @click=${() => actions.command("runAll")}
        title="Runs every cell, top to bottom (Ctrl Shift Enter)"
      >
        Run all
      </button>
      <spoor-notebook-export></spoor-notebook-export>
      <spoor-command-menu
        label="More for the notebook"
        look="button small"
        .sections=${() => notebookMenu((command) => actions.command(command))}
      ></spoor-command-menu>
    </span>
  </header>`;
}

function people({ others, user }: ToolbarState, actions: ToolbarActions): TemplateResult | typeof nothing {
  if (others.length === 0) return nothing;
  return html`<span class="notebook-people" role="status" title="Who else has this notebook open">
    ${others.map(({ user: other, cell }) => {
      const who = personName(other, user);
      return cell === null
        ? html`<span class="person">${who}</span>`
        : html`<button type="button" class="person" title="Go to where they work" @click=${() => actions.show(cell)}>${who}</button>`;
    })}
  </span>`;
}

function notebookMenu(act: (command: CommandId) => void): MenuSection[] {
  const entries = (ids: readonly CommandId[]) => ids.map((id) => commandEntry(id, act));
  return [
    { title: "Show", entries: entries(["outline", "hunt", "datasets", "functions", "history", "help"]) },
    { title: "Notebook", entries: entries(["save", "foldAll", "selectAll", "runAll", "stop"]) },
  ];
}

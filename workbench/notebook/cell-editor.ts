// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { html as htmlLanguage } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { markdown } from "@codemirror/lang-markdown";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { CellMode } from "../../notebooks/document/notebook.ts";
import type { CatalogEntry } from "../../server/api/api.ts";

export interface EditorActions {
  changed(value: string): void;
  run(): void;
  runAll(): void;
  save(): void;
  move(by: -1 | 1): void;
  focused(): void;
}

/** One CodeMirror editor for one cell. */
export class CellEditor {
  readonly view: EditorView;
  readonly #language = new Compartment();
  #mode: CellMode;

  constructor(
    parent: HTMLElement,
    value: string,
    mode: CellMode,
    catalog: readonly CatalogEntry[],
    actions: EditorActions,
  ) {
    this.#mode = mode;
    const does = (action: () => void) => () => {
      action();
      return true;
    };
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: value,
        extensions: [
          keymap.of([
            { key: "Shift-Enter", run: does(actions.run) },
            { key: "Mod-Enter", run: does(actions.run) },
            { key: "Mod-Shift-Enter", run: does(actions.runAll) },
            { key: "Mod-s", run: does(actions.save), preventDefault: true },
            { key: "Alt-Shift-ArrowUp", run: does(() => actions.move(-1)) },
            { key: "Alt-Shift-ArrowDown", run: does(() => actions.move(1)) },
          ]),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          keymap.of([
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...historyKeymap,
            ...completionKeymap,
            indentWithTab,
          ]),
          syntaxHighlighting(highlightStyle),
          theme,
          EditorView.lineWrapping,
          errorMarks,
          this.#language.of(languageOf(mode, catalog)),
          placeholder(placeholderOf(mode)),
          EditorView.contentAttributes.of({ "aria-label": `${labelOf(mode)} cell` }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) actions.changed(update.state.doc.toString());
            if (update.focusChanged && update.view.hasFocus) actions.focused();
          }),
        ],
      }),
    });
  }

  /** Takes a text from outside (another version was loaded); the reader's own typing is not disturbed. */
  setValue(value: string): void {
    if (value === this.view.state.doc.toString()) return;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: value } });
  }

  configure(mode: CellMode, catalog: readonly CatalogEntry[]): void {
    this.#mode = mode;
    this.view.dispatch({ effects: this.#language.reconfigure(languageOf(this.#mode, catalog)) });
  }

  insert(text: string): void {
    this.view.dispatch(this.view.state.replaceSelection(text));
    this.view.focus();
  }

  /** Underlines the token at an offset; null takes the mark away. */
  markError(offset: number | null): void {
    this.view.dispatch({ effects: setErrorMark.of(offset) });
  }

  /** `line 3, column 7` of an offset. */
  position(offset: number): string {
    const line = this.view.state.doc.lineAt(Math.min(offset, this.view.state.doc.length));
    return `line ${line.number}, column ${offset - line.from + 1}`;
  }

  destroy(): void {
    this.view.destroy();
  }
}

const setErrorMark = StateEffect.define<number | null>();
const errorMarks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(setErrorMark)) continue;
      now = Decoration.none;
      if (effect.value === null || transaction.state.doc.length === 0) continue;
      const from = Math.min(effect.value, transaction.state.doc.length - 1);
      const word = transaction.state.wordAt(from);
      const to = Math.max(word?.to ?? from + 1, from + 1);
      now = Decoration.set([Decoration.mark({ class: "spoor-error" }).range(from, to)]);
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function languageOf(mode: CellMode, catalog: readonly CatalogEntry[]): Extension {
  if (mode === "sql") {
    return sql({
      dialect: PostgreSQL,
      upperCaseKeywords: true,
      schema: Object.fromEntries(
        catalog.map(({ name, columns }) => [
          name,
          columns.map((column) => ({
            label: column.name,
            detail: column.type.length > 28 ? `${column.type.slice(0, 27)}…` : column.type,
            apply: quotedName(column.name),
            type: "property",
            boost: 10,
          })),
        ]),
      ),
    });
  }
  if (mode === "md") return markdown();
  if (mode === "html") return htmlLanguage();
  return javascript({ typescript: mode === "ts" });
}

const PLAIN_NAME = /^[a-z_][a-z0-9_]*$/;
const RESERVED = new Set(
  "all and any as asc both case cast check collate column constraint create default desc distinct do else end except false fetch for foreign from group having in initially intersect into lateral leading limit not null offset on only or order placing primary qualify references returning select show some summarize symmetric table then to trailing true union unique unpivot pivot user using variadic when where window with".split(
    " ",
  ),
);

/** A name as SQL takes it: quoted where it must be. */
export function quotedName(name: string): string {
  return PLAIN_NAME.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** What a person calls a mode. */
export function labelOf(mode: CellMode): string {
  const labels: Partial<Record<CellMode, string>> = {
    sql: "SQL",
    md: "Markdown",
    js: "JavaScript",
    ts: "TypeScript",
  };
  return labels[mode] ?? mode;
}

function placeholderOf(mode: CellMode): string {
  if (mode === "sql") return "SELECT … FROM …    Shift-Enter runs; ${name} binds a value";
  if (mode === "md") return "What you looked for, and why";
  return 'const minimum = view(Inputs.range([0, 100], {label: "Minimum", step: 1}))';
}

const highlightStyle = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--chart-4)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--chart-3)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--chart-2)" },
  { tag: tags.comment, color: "var(--text-muted)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.function(tags.variableName)], color: "var(--chart-1)" },
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
  { tag: [tags.processingInstruction, tags.meta], color: "var(--text-muted)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.5" },
  ".cm-content": { padding: "7px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 12px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--text-muted)", opacity: "0.7" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection":
    { backgroundColor: "var(--selected)" },
  ".cm-matchingBracket": { backgroundColor: "var(--selected)", outline: "none" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius)",
    color: "var(--text)",
    boxShadow: "0 4px 16px rgb(0 0 0 / 0.14)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--font-code)",
    fontSize: "12px",
    maxHeight: "16em",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--selected)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--text-muted)", fontStyle: "normal", marginLeft: "1em" },
  ".spoor-error": { textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "3px" },
});

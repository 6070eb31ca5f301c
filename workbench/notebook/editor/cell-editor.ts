// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { html as htmlLanguage } from "@codemirror/lang-html";
import { javascript, javascriptLanguage, typescriptLanguage } from "@codemirror/lang-javascript";
import { markdown } from "@codemirror/lang-markdown";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, codeFolding, foldKeymap } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import {
  crosshairCursor,
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  keymap,
  placeholder,
  rectangularSelection,
} from "@codemirror/view";
import type { CellMode, NotebookCell } from "../../../notebooks/document/notebook.ts";
import type { CatalogEntry } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { labelOf } from "../cell-kind.ts";
import { duckDbDialect, foldParentheses } from "./duckdb-dialect.ts";
import { javascriptCompletion } from "./javascript-completion.ts";
import { type CellName, cellNames, EditorKnowledge } from "./knowledge.ts";
import { quotedName } from "./names.ts";
import { sqlCheck } from "./sql-check.ts";
import { type CompletionWorld, sqlCompletion } from "./sql-completion.ts";
import { formatSql } from "./sql-format.ts";
import { javascriptHover, signatureHelp, sqlHover } from "./sql-help.ts";
import { editorTheme } from "./theme.ts";

export interface EditorActions {
  changed(value: string): void;
  run(): void;
  runAll(): void;
  save(): void;
  move(by: -1 | 1): void;
  focused(): void;
}

/** What all editors of the page know together. */
const knowledge = new EditorKnowledge(client);

/** One CodeMirror editor for one cell. */
export class CellEditor {
  readonly view: EditorView;
  readonly #language = new Compartment();
  #mode: CellMode;
  #catalog: readonly CatalogEntry[];

  constructor(
    parent: HTMLElement,
    value: string,
    mode: CellMode,
    catalog: readonly CatalogEntry[],
    actions: EditorActions,
  ) {
    this.#mode = mode;
    this.#catalog = catalog;
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
            { key: "Alt-Shift-f", run: () => this.format(), preventDefault: true },
            { key: "Tab", run: (view) => this.#takeFirstQuery(view) || acceptCompletion(view) },
          ]),
          history(),
          drawSelection(),
          EditorState.allowMultipleSelections.of(true),
          rectangularSelection(),
          crosshairCursor(),
          bracketMatching(),
          closeBrackets(),
          codeFolding({ placeholderText: "…" }),
          search({ top: true }),
          highlightSelectionMatches({ minSelectionLength: 2 }),
          autocompletion({ icons: true, activateOnCompletion: () => false, maxRenderedOptions: 80 }),
          keymap.of([
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...completionKeymap,
            indentWithTab,
          ]),
          editorTheme,
          EditorView.lineWrapping,
          errorMarks,
          this.#language.of(this.#languageOf()),
          EditorView.contentAttributes.of({ "aria-label": `${labelOf(mode)} cell`, tabindex: "0" }),
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
    if (catalog !== this.#catalog) knowledge.forgetData();
    this.#mode = mode;
    this.#catalog = catalog;
    this.view.dispatch({ effects: this.#language.reconfigure(this.#languageOf()) });
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

  /** Lays the SQL out; false in a cell of another language. */
  format(): boolean {
    if (this.#mode !== "sql") return false;
    const before = this.view.state.doc.toString();
    const after = formatSql(before);
    if (after !== before) {
      const { head } = this.view.state.selection.main;
      this.view.dispatch({
        changes: { from: 0, to: before.length, insert: after },
        selection: { anchor: placeAfterFormat(before, head, after) },
        userEvent: "input.format",
      });
    }
    return true;
  }

  /** Tab in an empty cell writes the query that its placeholder shows. */
  #takeFirstQuery(view: EditorView): boolean {
    if (this.#mode !== "sql" || view.state.doc.length > 0 || view.state.readOnly) return false;
    const query = firstQuery(this.#catalog);
    if (query === null) return false;
    view.dispatch({ changes: { from: 0, insert: query }, selection: { anchor: query.length } });
    return true;
  }

  #languageOf(): Extension {
    const mode = this.#mode;
    const world: CompletionWorld = {
      catalog: () => this.#catalog,
      cells: () => this.#otherNames(),
      knowledge,
    };
    const ghost = placeholder(placeholderOf(mode, this.#catalog));
    if (mode === "sql") {
      return [
        sql({ dialect: duckDbDialect, upperCaseKeywords: true }).language,
        duckDbDialect.language.data.of({ autocomplete: sqlCompletion(world) }),
        duckDbDialect.language.data.of({ commentTokens: { line: "--", block: { open: "/*", close: "*/" } } }),
        foldParentheses,
        sqlHover(world),
        signatureHelp(world),
        sqlCheck(knowledge),
        ghost,
      ];
    }
    if (mode === "md") return [markdown(), ghost];
    if (mode === "html") return [htmlLanguage(), ghost];
    const language = mode === "ts" ? typescriptLanguage : javascriptLanguage;
    return [
      javascript({ typescript: mode === "ts" }).language,
      language.data.of({ autocomplete: javascriptCompletion(world) }),
      javascriptHover(),
      ghost,
    ];
  }

  /** Names of the page's other cells. A folded cell has no editor, so the page is asked. */
  #otherNames(): readonly CellName[] {
    const page = this.view.dom.closest<
      HTMLElement & { notebook?: { cells: readonly NotebookCell[] } | null }
    >("spoor-notebook-page");
    const own = this.view.state.doc.toString();
    return cellNames((page?.notebook?.cells ?? []).filter(({ value }) => value !== own));
  }
}

/** The cursor's place after a format: behind as many characters that are no white space. */
function placeAfterFormat(before: string, at: number, after: string): number {
  let left = before.slice(0, at).replace(/\s/g, "").length;
  let place = 0;
  while (place < after.length && left > 0) {
    if (/\S/.test(after[place]!)) left -= 1;
    place += 1;
  }
  return place;
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

/** A first question about the largest dataset of a source. */
function firstQuery(catalog: readonly CatalogEntry[]): string | null {
  const [largest] = catalog
    .filter(({ origin, rowCount }) => origin === "source" && rowCount > 0)
    .sort((left, right) => right.rowCount - left.rowCount);
  if (largest === undefined) return null;
  const hasTime = largest.columns.some(({ name }) => name === "_time");
  return `SELECT *\nFROM ${quotedName(largest.name)}${hasTime ? "\nORDER BY _time DESC" : ""}\nLIMIT 100`;
}

function placeholderOf(mode: CellMode, catalog: readonly CatalogEntry[]): string {
  if (mode === "sql") {
    const query = firstQuery(catalog);
    return query === null
      ? "SELECT … FROM …    Shift-Enter runs; ${name} binds a value"
      : `${query.replaceAll("\n", " ")}    Tab takes it`;
  }
  if (mode === "md") return "What you looked for, and why";
  if (mode === "html") return "<h2>What was found</h2>    ${name} shows a value of another cell";
  return 'const minimum = view(Inputs.range([0, 100], {label: "Minimum", step: 1}))';
}

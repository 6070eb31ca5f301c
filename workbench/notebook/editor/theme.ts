import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const highlightStyle = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--chart-4)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--chart-3)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--chart-2)" },
  { tag: tags.comment, color: "var(--text-muted)", fontStyle: "italic" },
  {
    tag: [tags.typeName, tags.function(tags.variableName), tags.standard(tags.name)],
    color: "var(--chart-1)",
  },
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
  { tag: [tags.processingInstruction, tags.meta], color: "var(--text-muted)" },
]);

const SQUIGGLE = {
  textDecoration: "underline wavy var(--bad)",
  textUnderlineOffset: "3px",
  backgroundImage: "none",
};

const chrome = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.5" },
  ".cm-content": { padding: "7px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 12px" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--text-muted)", opacity: "0.8" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection":
    { backgroundColor: "var(--selected)" },
  ".cm-selectionMatch": { backgroundColor: "var(--hover)", outline: "1px solid var(--line)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--selected)",
    outline: "none",
  },
  ".cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-ground)" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--sunken)",
    border: "1px solid var(--line)",
    color: "var(--text-muted)",
    padding: "0 4px",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius)",
    color: "var(--text)",
    boxShadow: "0 4px 16px rgb(0 0 0 / 0.14)",
    zIndex: "60",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--font-code)",
    fontSize: "12px",
    maxHeight: "18em",
    minWidth: "260px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    alignItems: "baseline",
    padding: "2px 8px",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--selected)",
    color: "var(--text)",
  },
  ".cm-completionLabel": { flex: "1 1 auto", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700", color: "var(--accent)" },
  ".cm-completionDetail": {
    color: "var(--text-muted)",
    fontStyle: "normal",
    marginLeft: "1.5em",
    fontSize: "11px",
  },
  ".cm-completionIcon": {
    width: "1.1em",
    paddingRight: "0.5em",
    opacity: "1",
    color: "var(--text-muted)",
    fontSize: "11px",
  },
  ".cm-completionIcon-property::after": { content: "'▪'", color: "var(--chart-3)" },
  ".cm-completionIcon-type::after": { content: "'▤'", color: "var(--chart-2)" },
  ".cm-completionIcon-function::after, .cm-completionIcon-method::after": {
    content: "'ƒ'",
    color: "var(--chart-1)",
  },
  ".cm-completionIcon-keyword::after": { content: "'·'" },
  ".cm-completionIcon-variable::after": { content: "'≔'" },
  ".cm-completionIcon-namespace::after": { content: "'⌑'" },
  ".cm-completionIcon-constant::after": { content: "'\"'", color: "var(--chart-3)" },
  ".cm-completionIcon-text::after": { content: "'='" },
  ".cm-tooltip.cm-completionInfo": { padding: "0", maxWidth: "380px", width: "max-content" },
  ".cm-tooltip-lint": { fontFamily: "var(--font)", fontSize: "12px" },
  ".cm-diagnostic": { padding: "6px 10px", maxWidth: "520px", borderLeftWidth: "3px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnosticSource": { opacity: "1", color: "var(--text-muted)" },
  ".cm-lintRange-error": SQUIGGLE,
  ".cm-lintPoint-error::after": { borderBottomColor: "var(--bad)" },
  ".spoor-error": SQUIGGLE,
  ".cm-panels": {
    backgroundColor: "var(--sunken)",
    color: "var(--text)",
    fontFamily: "var(--font)",
    borderBottom: "1px solid var(--line)",
  },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "6px 28px 6px 10px", fontSize: "12px" },
  ".cm-panel.cm-search label": {
    fontSize: "12px",
    whiteSpace: "nowrap",
    display: "inline-flex",
    alignItems: "center",
    gap: "3px",
  },
  ".cm-textfield": {
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    color: "var(--text)",
    fontSize: "12px",
  },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    color: "var(--text)",
    fontSize: "12px",
  },
  ".cm-panel.cm-search [name=close]": { color: "var(--text)", fontSize: "15px" },
  ".cm-searchMatch": { backgroundColor: "var(--warning-ground)", outline: "1px solid var(--warning)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--selected)" },
});

/** Colours and shapes of the editor, of the tokens of style/tokens.css: light and dark follow from them. */
export const editorTheme: Extension = [syntaxHighlighting(highlightStyle), chrome];

import type { CellMode } from "../../../notebooks/document/notebook.ts";

export type CommandId =
  | "edit"
  | "leave"
  | "next"
  | "previous"
  | "first"
  | "last"
  | "extendDown"
  | "extendUp"
  | "selectAll"
  | "run"
  | "runAndNext"
  | "runAndInsert"
  | "runAbove"
  | "runBelow"
  | "runAll"
  | "cancel"
  | "stop"
  | "demand"
  | "clearOutput"
  | "insertAbove"
  | "insertBelow"
  | "moveUp"
  | "moveDown"
  | "duplicate"
  | "cut"
  | "copy"
  | "paste"
  | "delete"
  | "split"
  | "join"
  | "fold"
  | "hideOutput"
  | "format"
  | "foldAll"
  | "toSql"
  | "toJavaScript"
  | "toTypeScript"
  | "toMarkdown"
  | "toHtml"
  | "pin"
  | "promote"
  | "undo"
  | "redo"
  | "save"
  | "history"
  | "outline"
  | "datasets"
  | "functions"
  | "hunt"
  | "help";

export type CommandGroup = "Move between cells" | "Run" | "Add and arrange" | "Kind of cell" | "Notebook";

/** One thing that a person can do, wherever it is offered: keys, menus and the list of keys all come from here. */
export interface Command {
  readonly id: CommandId;
  readonly label: string;
  readonly group: CommandGroup;
  /** Keys on a selected cell; a space stands between keys that follow each other. */
  readonly keys: readonly string[];
  /** Keys while a text is edited, where the editor does not take them itself. */
  readonly editorKeys?: readonly string[];
}

const command = (
  id: CommandId,
  label: string,
  group: CommandGroup,
  keys: readonly string[],
  editorKeys?: readonly string[],
): Command => ({ id, label, group, keys, ...(editorKeys ? { editorKeys } : {}) });

/** Every command. `Mod` is Control, or Command on a Mac. */
export const COMMANDS: readonly Command[] = [
  command("edit", "Edit the cell", "Move between cells", ["Enter"]),
  command("leave", "Leave the text", "Move between cells", [], ["Escape"]),
  command("next", "Next cell", "Move between cells", ["j", "ArrowDown"]),
  command("previous", "Previous cell", "Move between cells", ["k", "ArrowUp"]),
  command("first", "First cell", "Move between cells", ["g g", "Home"]),
  command("last", "Last cell", "Move between cells", ["Shift+G", "End"]),
  command("extendDown", "Select the next cell too", "Move between cells", ["Shift+ArrowDown", "Shift+J"]),
  command("extendUp", "Select the previous cell too", "Move between cells", ["Shift+ArrowUp", "Shift+K"]),
  command("selectAll", "Select all cells", "Move between cells", ["Mod+a"]),

  command("run", "Run", "Run", ["Mod+Enter"], ["Shift+Enter", "Mod+Enter"]),
  command("runAndNext", "Run and go to the next cell", "Run", ["Shift+Enter"]),
  command("runAndInsert", "Run and add a cell below", "Run", ["Alt+Enter"], ["Alt+Enter"]),
  command("runAbove", "Run all above", "Run", ["["]),
  command("runBelow", "Run this and all below", "Run", ["]"]),
  command("runAll", "Run all", "Run", ["Mod+Shift+Enter"], ["Mod+Shift+Enter"]),
  command("cancel", "Cancel the cell's query", "Run", ["i i"]),
  command("stop", "Stop all cells", "Run", ["0 0"]),
  command("demand", "Run on demand only", "Run", ["r"]),
  command("clearOutput", "Clear the output", "Run", ["e"]),

  command("insertAbove", "Add a cell above", "Add and arrange", ["a"]),
  command("insertBelow", "Add a cell below", "Add and arrange", ["b"]),
  command("moveUp", "Move up", "Add and arrange", ["Alt+Shift+ArrowUp"], ["Alt+Shift+ArrowUp"]),
  command("moveDown", "Move down", "Add and arrange", ["Alt+Shift+ArrowDown"], ["Alt+Shift+ArrowDown"]),
  command("duplicate", "Duplicate", "Add and arrange", ["Shift+D"]),
  command("cut", "Cut", "Add and arrange", ["x", "Mod+x"]),
  command("copy", "Copy", "Add and arrange", ["c", "Mod+c"]),
  command("paste", "Paste below", "Add and arrange", ["v", "Mod+v"]),
  command("delete", "Delete", "Add and arrange", ["d d", "Delete"]),
  command("split", "Split at the cursor", "Add and arrange", [], ["Mod+Shift+-"]),
  command("join", "Join with the next cell", "Add and arrange", ["Shift+M"]),
  command("format", "Format SQL", "Add and arrange", ["="], ["Alt+Shift+F"]),
  command("fold", "Fold or unfold the text", "Add and arrange", ["f"]),
  command("foldAll", "Fold or unfold all texts", "Add and arrange", ["Shift+F"]),
  command("hideOutput", "Hide or show the output", "Add and arrange", ["o"]),

  command("toSql", "SQL", "Kind of cell", ["s"]),
  command("toMarkdown", "Markdown", "Kind of cell", ["m"]),
  command("toJavaScript", "JavaScript", "Kind of cell", ["y"]),
  command("toTypeScript", "TypeScript", "Kind of cell", ["t"]),
  command("toHtml", "HTML", "Kind of cell", ["h"]),

  command("pin", "Pin as finding", "Notebook", ["p"]),
  command("promote", "Promote to a rule", "Notebook", ["Shift+P"]),
  command("undo", "Undo", "Notebook", ["z", "Mod+z"]),
  command("redo", "Redo", "Notebook", ["Shift+Z", "Mod+Shift+z", "Mod+y"]),
  command("save", "Save now", "Notebook", ["Mod+s"], ["Mod+s"]),
  command("history", "Show the history", "Notebook", ["Shift+H"]),
  command("outline", "Show the outline", "Notebook", ["1"]),
  command("hunt", "Show the hunt", "Notebook", ["2"]),
  command("datasets", "Show the datasets", "Notebook", ["3"]),
  command("functions", "Show the functions", "Notebook", ["4"]),
  command("help", "Show all keys", "Notebook", ["?"]),
];

const BY_ID = new Map(COMMANDS.map((one) => [one.id, one]));

export function commandOf(id: CommandId): Command {
  return BY_ID.get(id)!;
}

/** The kinds of cell that a person adds, with the command that makes a cell one. */
export const CELL_KINDS: readonly {
  readonly mode: CellMode;
  readonly label: string;
  readonly command: CommandId;
}[] = [
  { mode: "sql", label: "SQL", command: "toSql" },
  { mode: "md", label: "Markdown", command: "toMarkdown" },
  { mode: "js", label: "JavaScript", command: "toJavaScript" },
  { mode: "ts", label: "TypeScript", command: "toTypeScript" },
  { mode: "html", label: "HTML", command: "toHtml" },
];

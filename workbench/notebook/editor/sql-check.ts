import { type Diagnostic, forEachDiagnostic, linter, setDiagnosticsEffect } from "@codemirror/lint";
import { type Extension, RangeSetBuilder, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";
import type { QueryCheck } from "../../../server/api/api.ts";
import type { EditorKnowledge } from "./knowledge.ts";
import { quotedName } from "./names.ts";
import { sqlTokensOf } from "./sql-text.ts";

/** Typing must rest this long before the query is checked. */
const CHECK_AFTER_MS = 450;
/** What is wrong whatever the values of `${…}` are. */
const CERTAIN =
  /syntax error|not found in FROM|does not exist|There is no dataset|not allowed|more than one statement|no statement/i;

/** Asks the server what the query would give and marks what is wrong with it, under the line and beside it. */
export function sqlCheck(knowledge: EditorKnowledge): Extension {
  return [
    linter(async (view) => diagnosticsOf(view.state.doc.toString(), knowledge), {
      delay: CHECK_AFTER_MS,
      needsRefresh: null,
    }),
    besideTheLine,
  ];
}

/** The problems of a SQL cell. None for a blank one, and none when the server cannot be asked. */
export async function diagnosticsOf(
  sql: string,
  knowledge: Pick<EditorKnowledge, "check">,
): Promise<readonly Diagnostic[]> {
  const tokens = sqlTokensOf(sql).filter(({ kind }) => kind !== "comment");
  if (tokens.length === 0) return [];
  let check: QueryCheck;
  try {
    check = await knowledge.check(sql);
  } catch {
    return [];
  }
  const hasValues = tokens.some(({ kind }) => kind === "value");
  return check.issues
    .filter(({ message }) => !hasValues || CERTAIN.test(message))
    .map(({ message, remedy, offset }) => {
      const at = offset ?? tokens.at(-1)!.from;
      const token =
        tokens.find(({ from, to }) => from <= at && at < to) ??
        tokens.findLast(({ to }) => to <= at) ??
        tokens.at(-1)!;
      return {
        from: token.from,
        to: token.to,
        severity: "error",
        ...explained(message, remedy),
      };
    });
}

const UNKNOWN_COLUMN = /Referenced column "(.+?)" not found in FROM clause/;
const UNKNOWN_OF_TABLE = /(?:Table|Values list) "(.+?)" does not have a column named "(.+?)"/;
const UNKNOWN_FUNCTION = /(?:Scalar|Table|Aggregate)? ?Function with name "?(\S+?)"? does not exist/;
const NOT_GROUPED = /column "?(.+?)"? must appear in the GROUP BY clause/;
const SUGGESTIONS = /(?:Candidate bindings:|Did you mean) ([^\n?]+)/;

/** The engine's message in fewer words, and what it suggests as a thing to press. */
function explained(message: string, remedy: string): Pick<Diagnostic, "message" | "source" | "actions"> {
  const quoted = [...(SUGGESTIONS.exec(message)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
  const names = [...new Set(quoted.map((name) => name.split(".").at(-1)!))].slice(0, 3);
  const column = UNKNOWN_COLUMN.exec(message)?.[1];
  const [, table, ofTable] = UNKNOWN_OF_TABLE.exec(message) ?? [];
  const called = UNKNOWN_FUNCTION.exec(message)?.[1];
  const notGrouped = NOT_GROUPED.exec(message)?.[1];
  const known =
    column !== undefined
      ? `No table here has a column ${column}.`
      : ofTable !== undefined
        ? `${table} has no column ${ofTable}.`
        : called !== undefined
          ? `There is no function ${called}.`
          : notGrouped !== undefined
            ? `${notGrouped} is neither in GROUP BY nor inside an aggregate.`
            : null;
  const text = known ?? withoutPrint(message);
  const suggestion = known !== null && names.length > 0 ? ` Did you mean ${names.join(" or ")}?` : "";
  return {
    message: text + suggestion,
    source: known === null ? remedy : "",
    actions: (known === null ? [] : names).map((name) => ({
      name: `Use ${name}`,
      apply: (view, from, to) => view.dispatch({ changes: { from, to, insert: quotedName(name) } }),
    })),
  };
}

/** DuckDB's message without its print of the query. */
function withoutPrint(message: string): string {
  return message
    .replace(/\n\s*LINE \d+:[\s\S]*$/, "")
    .replace(/\s+/g, " ")
    .trim();
}

class MessageWidget extends WidgetType {
  readonly #message: string;

  constructor(message: string) {
    super();
    this.#message = message;
  }

  override eq(other: MessageWidget): boolean {
    return other.#message === this.#message;
  }

  override toDOM(): HTMLElement {
    const element = document.createElement("span");
    element.className = "editor-message-place";
    element.setAttribute("aria-hidden", "true");
    const message = document.createElement("span");
    message.className = "editor-message";
    message.textContent = this.#message;
    // Where the line has no room for it, it goes to the next.
    element.append("\u200b", message);
    return element;
  }
}

/** Each problem's message behind its line, so that nobody has to point at it. */
const besideTheLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    const isNew = transaction.effects.some((effect) => effect.is(setDiagnosticsEffect));
    if (!isNew) return transaction.docChanged ? Decoration.none : marks;
    const messages = new Map<number, string>();
    forEachDiagnostic(transaction.state, (diagnostic, from) => {
      const { to } = transaction.state.doc.lineAt(Math.min(from, transaction.state.doc.length));
      if (!messages.has(to)) messages.set(to, diagnostic.message);
    });
    const builder = new RangeSetBuilder<Decoration>();
    for (const [to, message] of [...messages].sort(([left], [right]) => left - right)) {
      builder.add(to, to, Decoration.widget({ widget: new MessageWidget(message), side: 1 }));
    }
    return builder.finish();
  },
  provide: (field) => EditorView.decorations.from(field),
});

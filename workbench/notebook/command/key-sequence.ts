import { COMMANDS, type CommandId } from "./commands.ts";

/** What of a keyboard event names a key. */
export interface PressedKey {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** Keys that follow each other later than this do not belong together. */
const TOGETHER_MS = 900;

/** A pressed key as commands name it: `Mod+Shift+Enter`, `j`, `Shift+D`, `?`. Null for a modifier alone. */
export function keyName(event: PressedKey): string | null {
  if (["Shift", "Control", "Alt", "Meta", "Dead", "Process"].includes(event.key)) return null;
  const command = event.ctrlKey || event.metaKey;
  const isLetter = /^[a-z]$/i.test(event.key);
  // A sign that needs Shift on some keyboards (`?`, `[`, `_`) is named by itself.
  const isSign = event.key.length === 1 && !isLetter;
  const modifiers = [
    command ? "Mod" : "",
    event.altKey ? "Alt" : "",
    event.shiftKey && (!isSign || command) ? "Shift" : "",
  ].filter(Boolean);
  let { key } = event;
  if (isLetter) key = command ? key.toLowerCase() : event.shiftKey ? key.toUpperCase() : key;
  if (command && event.shiftKey && key === "_") key = "-";
  return [...modifiers, key].join("+");
}

/** Finds commands for keys, also for keys that follow each other (`d d`). */
export class KeySequence {
  readonly #commands: ReadonlyMap<string, CommandId>;
  #begun = "";
  #begunMs = 0;

  /** `where`: keys of a selected cell, or those that hold while a text is edited. */
  constructor(where: "cell" | "editor") {
    this.#commands = new Map(
      COMMANDS.flatMap(({ id, keys, editorKeys }) =>
        (where === "cell" ? keys : (editorKeys ?? [])).map((key) => [key, id] as const),
      ),
    );
  }

  /** The command that a key completes; "begun" for the first key of two; null for a key that means nothing. */
  take(event: PressedKey, nowMs: number): CommandId | "begun" | null {
    const name = keyName(event);
    if (name === null) return null;
    if (this.#begun !== "" && nowMs - this.#begunMs <= TOGETHER_MS) {
      const both = this.#commands.get(`${this.#begun} ${name}`);
      this.#begun = "";
      if (both) return both;
    }
    this.#begun = "";
    const command = this.#commands.get(name);
    if (command) return command;
    if ([...this.#commands.keys()].some((keys) => keys.startsWith(`${name} `))) {
      this.#begun = name;
      this.#begunMs = nowMs;
      return "begun";
    }
    return null;
  }
}

const SHOWN: Readonly<Record<string, string>> = {
  Mod: "Ctrl",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
};

/** Keys as a person reads them: `Ctrl Shift Enter`, `d d`. `isMac` names the command key by its sign. */
export function shownKeys(keys: string, isMac = false): string {
  return keys
    .split(" ")
    .map((key) =>
      (key === "+" ? ["+"] : key.split("+"))
        .map((part, _index, parts) => {
          if (part === "Mod" && isMac) return "⌘";
          return SHOWN[part] ?? (parts.length > 1 && part.length === 1 ? part.toUpperCase() : part);
        })
        .join(" "),
    )
    .join(" ");
}

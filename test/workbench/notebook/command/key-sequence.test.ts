import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../../../workbench/notebook/command/commands.ts";
import { KeySequence, keyName, shownKeys } from "../../../../workbench/notebook/command/key-sequence.ts";

const press = (key: string, ...modifiers: ("shift" | "ctrl" | "alt" | "meta")[]) => ({
  key,
  shiftKey: modifiers.includes("shift"),
  ctrlKey: modifiers.includes("ctrl"),
  altKey: modifiers.includes("alt"),
  metaKey: modifiers.includes("meta"),
});

test("a key is named as commands name it", () => {
  assert.equal(keyName(press("j")), "j");
  assert.equal(keyName(press("G", "shift")), "Shift+G");
  assert.equal(keyName(press("?", "shift")), "?");
  assert.equal(keyName(press("Enter", "ctrl", "shift")), "Mod+Shift+Enter");
  assert.equal(keyName(press("z", "meta")), "Mod+z");
  assert.equal(keyName(press("Z", "ctrl", "shift")), "Mod+Shift+z");
  assert.equal(keyName(press("_", "ctrl", "shift")), "Mod+Shift+-");
  assert.equal(keyName(press("ArrowUp", "alt", "shift")), "Alt+Shift+ArrowUp");
  assert.equal(keyName(press("Shift", "shift")), null);
});

test("two keys in a row are a command only soon after each other", () => {
  const keys = new KeySequence("cell");
  assert.equal(keys.take(press("d"), 0), "begun");
  assert.equal(keys.take(press("d"), 500), "delete");
  assert.equal(keys.take(press("d"), 600), "begun");
  assert.equal(keys.take(press("d"), 2000), "begun");
  assert.equal(keys.take(press("j"), 2100), "next");
  assert.equal(keys.take(press("d"), 2200), "begun", "what came between ends it");
  assert.equal(keys.take(press("g"), 2300), "begun");
  assert.equal(keys.take(press("g"), 2400), "first");
  assert.equal(keys.take(press("q"), 2500), null);
});

test("while a text is edited only the keys of the editor hold", () => {
  const keys = new KeySequence("editor");
  assert.equal(keys.take(press("j"), 0), null);
  assert.equal(keys.take(press("d"), 0), null);
  assert.equal(keys.take(press("Escape"), 0), "leave");
  assert.equal(keys.take(press("Enter", "shift"), 0), "run");
});

test("no key means two things, and no command's key begins another's", () => {
  for (const where of ["keys", "editorKeys"] as const) {
    const keys = COMMANDS.flatMap((command) => command[where] ?? []);
    assert.equal(new Set(keys).size, keys.length);
    for (const key of keys) assert.ok(!keys.some((other) => other.startsWith(`${key} `)), key);
  }
  assert.equal(new Set(COMMANDS.map(({ id }) => id)).size, COMMANDS.length);
});

test("keys are shown in words", () => {
  assert.equal(shownKeys("Mod+Shift+Enter"), "Ctrl Shift Enter");
  assert.equal(shownKeys("Mod+z", true), "⌘ Z");
  assert.equal(shownKeys("d d"), "d d");
});

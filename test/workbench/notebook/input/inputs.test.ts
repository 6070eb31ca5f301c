// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newCell, newNotebook } from "../../../../notebooks/document/notebook.ts";
import { transpileCells } from "../../../../notebooks/document/transpile-cells.ts";
import { addressInputsOf, withAddressInputs } from "../../../../workbench/notebook/input/address-inputs.ts";
import { INPUT_KINDS, inputCell } from "../../../../workbench/notebook/input/input-cells.ts";

/** Runs a transpiled cell as the frame does, with inputs that hold a value each. */
function valuesOf(code: string, search: string, held: readonly unknown[]): unknown[] {
  const [transpiled] = transpileCells([{ id: 1, mode: "js", value: code }]);
  const { body, inputs } = withAddressInputs(transpiled!, addressInputsOf(search));
  const elements = held.map((value) => ({ value }));
  let made = 0;
  const given: Record<string, unknown> = {
    Inputs: { any: () => elements[made++] },
    view: (element: { value: unknown }) => element,
    display: (element: unknown) => element,
  };
  const run = new Function(`return (${body})`)() as (...inputs: unknown[]) => unknown;
  run(...inputs.map((name) => given[name]));
  return elements.map(({ value }) => value);
}

test("inputs take the address's values in the type that they have", () => {
  const code =
    "const hours = view(Inputs.any());\nconst who = view(Inputs.any());\nconst on = view(Inputs.any());\nconst list = view(Inputs.any())";
  assert.deepEqual(valuesOf(code, '?hours=48&who=ada&on=true&list=["a","b"]', [24, "", false, []]), [
    48,
    "ada",
    true,
    ["a", "b"],
  ]);
  assert.deepEqual(valuesOf(code, "?hours=soon&list=a", [24, "x", true, []]), [24, "x", true, ["a"]]);
  assert.deepEqual(valuesOf(code, "?other=1", [24, "x", true, []]), [24, "x", true, []]);
});

test("whatever an address holds, it is a value and never a program", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const [value] = valuesOf("const who = view(Inputs.any())", `?${new URLSearchParams({ who: text })}`, [
        "",
      ]);
      assert.equal(value, text.toWellFormed());
    }),
  );
  const hostile = '");globalThis.hacked=1;("`${globalThis.hacked=1}</script>';
  const search = `?${new URLSearchParams({ who: hostile })}`;
  assert.deepEqual(valuesOf("const who = view(Inputs.any())", search, [""]), [hostile]);
  assert.equal((globalThis as { hacked?: number }).hacked, undefined);
  assert.equal(addressInputsOf("?a-b=1&__proto__=2&ok=3").size, 2);
});

test("every input is a cell that can be read, under a name of its own", () => {
  let notebook = newNotebook({});
  const names = new Set<string>();
  for (let round = 0; round < 2; round += 1) {
    for (const { kind } of INPUT_KINDS) {
      const value = inputCell(kind, notebook, []);
      const [transpiled] = transpileCells([{ id: 1, mode: "js", value }]);
      assert.ok(transpiled!.ok, value);
      assert.equal(transpiled!.outputs.length, 1);
      names.add(transpiled!.outputs[0]!);
      notebook = {
        ...notebook,
        cells: [...notebook.cells, newCell({ id: notebook.cells.length + 1, value })],
      };
    }
  }
  assert.equal(names.size, INPUT_KINDS.length * 2);
});

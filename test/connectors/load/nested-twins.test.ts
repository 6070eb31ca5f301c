import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  fieldKey,
  fieldName,
  printType,
  type StructField,
  scalar,
  widen,
} from "../../../connectors/dataset/type.ts";

function fieldsOf(keys: readonly string[]): StructField[] {
  const fields: StructField[] = [];
  for (const key of keys) fields.push({ name: fieldName(key, fields), type: scalar("BIGINT") });
  return fields;
}

test("keys of an object that differ only in case get names of their own, and the names tell the keys", () => {
  const fields = fieldsOf(["ProcessID", "ProcessId", "processid", "Image"]);
  assert.deepEqual(
    fields.map(({ name }) => name),
    ["ProcessID", "ProcessId_2", "processid_3", "Image"],
  );
  assert.deepEqual(
    fields.map(({ name }) => fieldKey(name, fields)),
    ["ProcessID", "ProcessId", "processid", "Image"],
  );
});

test("a name once given stays, whichever key a later load meets first", () => {
  const old = { kind: "struct", fields: fieldsOf(["ProcessId"]) } as const;
  const later = { kind: "struct", fields: fieldsOf(["ProcessID", "ProcessId"]) } as const;
  assert.equal(printType(widen(old, later)), "STRUCT(ProcessId BIGINT, ProcessID_2 BIGINT)");
  assert.equal(printType(widen(widen(old, later), old)), "STRUCT(ProcessId BIGINT, ProcessID_2 BIGINT)");
});

test("whatever the keys' case and order, widening keeps every key once", () => {
  const keys = fc.uniqueArray(fc.constantFrom("a", "A", "aB", "Ab", "AB", "c"), { minLength: 1 });
  fc.assert(
    fc.property(keys, keys, (left, right) => {
      const wide = widen(
        { kind: "struct", fields: fieldsOf(left) },
        { kind: "struct", fields: fieldsOf(right) },
      );
      assert.ok(wide.kind === "struct");
      const found = wide.fields.map(({ name }) => fieldKey(name, wide.fields));
      assert.deepEqual([...found].sort(), [...new Set([...left, ...right])].sort());
      assert.equal(new Set(wide.fields.map(({ name }) => name.toLowerCase())).size, wide.fields.length);
    }),
  );
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { decodeJson, encodeJson } from "../../../server/ledger/encode.ts";
import { Ledger, LedgerBusyError } from "../../../server/ledger/ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-ledger-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("what is encoded comes back, whatever keys the data has", () => {
  const value = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.string(),
      fc.integer(),
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree")),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom("$n", "$b", "$$n")).filter((key) => key !== "__proto__"),
        tie("tree"),
        { noNullPrototype: true },
      ),
      fc.record({ $n: fc.string() }, { noNullPrototype: true }),
      fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
    ),
  })).tree;
  fc.assert(fc.property(value, (input) => assert.deepEqual(decodeJson(encodeJson(input)), input)));
});

test("a second process cannot open the ledger while it is open, and can after", () => {
  const path = join(folder, "busy.sqlite");
  const script = `import { Ledger } from "${import.meta.resolve("../../../server/ledger/ledger.ts")}";
    try { Ledger.open(${JSON.stringify(path)}).close(); console.log("opened"); } catch (error) { console.log(error.name); }`;
  const other = () =>
    spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).stdout.trim();
  const ledger = Ledger.open(path);
  assert.equal(other(), "LedgerBusyError");
  assert.throws(() => Ledger.open(path), LedgerBusyError);
  ledger.close();
  assert.equal(other(), "opened");
});

test("a transaction that throws leaves nothing, and nested ones join the outer", () => {
  const ledger = Ledger.open(join(folder, "transaction.sqlite"));
  const count = () => ledger.all("select * from progress").length;
  const put = (rule: string) =>
    ledger.run("progress", "insert into progress values (?, '1', 'batch', 9223372036854775807)", rule);
  assert.throws(() =>
    ledger.transaction(() => {
      put("a");
      ledger.transaction(() => put("b"));
      throw new Error("stop");
    }),
  );
  assert.equal(count(), 0);
  ledger.transaction(() => put("a"));
  assert.equal(count(), 1);
  assert.equal(
    ledger.get("select evaluated_until_us from progress")!.evaluated_until_us,
    9223372036854775807n,
  );
  ledger.close();
});

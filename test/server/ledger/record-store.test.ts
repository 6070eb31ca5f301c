import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { Ledger } from "../../../server/ledger/ledger.ts";
import { LedgerRecordStore } from "../../../server/ledger/record-store.ts";
import { recordStoreContract } from "../../promote/records/record-store-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-records-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
recordStoreContract("ledger", () => {
  count += 1;
  return new LedgerRecordStore(Ledger.open(join(folder, `${count}.sqlite`)));
});

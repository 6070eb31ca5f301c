import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { LedgerDatasetRegistry } from "../../../server/ledger/dataset-registry.ts";
import { Ledger } from "../../../server/ledger/ledger.ts";
import { registryContract } from "../../connectors/dataset/registry-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-registry-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
registryContract("ledger", () => {
  count += 1;
  return new LedgerDatasetRegistry(Ledger.open(join(folder, `${count}.sqlite`)), "/lake");
});

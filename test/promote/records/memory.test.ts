import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import { recordStoreContract } from "./record-store-contract.ts";

recordStoreContract("memory", () => new MemoryRecordStore());

import type { RecordStore } from "../../../promote/records/records.ts";

export class Crash extends Error {}

/** The store, which throws before its n-th write (1-based) and at every one after it, as a dead process would. */
export function crashingStore(store: RecordStore, atWrite: number): RecordStore {
  let writes = 0;
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      const writesHere = /^(put|withdraw|claim|resolve)/.test(String(name));
      return (...given: unknown[]) => {
        if (writesHere) {
          writes += 1;
          if (writes >= atWrite) throw new Crash(`crash at write ${writes}`);
        }
        return (value as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

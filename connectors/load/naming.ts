import { type Column, SYSTEM_COLUMNS } from "../dataset/dataset.ts";
import { byCodeUnit } from "./shape.ts";

/**
 * Gives every key a column name. Keys that have one keep it; new ones are taken in code unit order, so the
 * order of lines and files never matters. A name is the key itself unless it is empty, or differs only in case
 * from a name already given: then `_2`, `_3`, … is put after it, skipping names that are keys themselves.
 *
 * @returns key -> name, for all of `known` and `keys`.
 */
export function nameColumns(known: readonly Column[], keys: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(SYSTEM_COLUMNS.map((column) => column.name.toLowerCase()));
  for (const column of known) {
    names.set(column.key, column.name);
    taken.add(column.name.toLowerCase());
  }
  const fresh = [...new Set(keys)].filter((key) => !names.has(key)).sort(byCodeUnit);
  const real = new Set(fresh.map((key) => key.toLowerCase()));
  const renamed: string[] = [];
  for (const key of fresh) {
    const name = key.toLowerCase();
    if (key === "" || key.includes("\u0000") || taken.has(name)) renamed.push(key);
    else {
      names.set(key, key);
      taken.add(name);
    }
  }
  for (const key of renamed) {
    const base = key.replaceAll("\u0000", "") || "_empty";
    let name = base;
    for (let n = 2; taken.has(name.toLowerCase()) || (name !== key && real.has(name.toLowerCase())); n++) {
      name = `${base}_${n}`;
    }
    names.set(key, name);
    taken.add(name.toLowerCase());
  }
  return names;
}

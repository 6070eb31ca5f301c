import type { Column, Dataset, DatasetRegistry } from "../dataset/dataset.ts";
import {
  type ColumnType,
  castKeeps,
  parseType,
  printType,
  sameType,
  scalar,
  seenType,
  UNSEEN,
  widen,
} from "../dataset/type.ts";
import type { Family } from "./intake.ts";
import { nameColumns } from "./naming.ts";
import { byCodeUnit, KIND, type Shape, typeOf } from "./shape.ts";

/** How rows of one family become rows of a dataset. */
export interface DatasetPlan {
  readonly family: Family;
  readonly dataset: string;
  /** Columns that this load's rows have, with the dataset's types: they are written in this order. */
  readonly written: readonly Column[];
  /** The dataset's full columns after this load. */
  readonly columns: readonly Column[];
  /** Columns whose old segments hold a type that CAST does not bring to the new one. */
  readonly rewrites: readonly Column[];
}

/** Which dataset each family goes to: see connectors/README.md. */
export function datasetNames(
  source: string,
  families: Iterable<Family>,
  registry: DatasetRegistry,
): Map<Family, string> {
  const present = new Set(families);
  const names = new Map<Family, string>();
  const taken = new Set<string>();
  const old = registry.list().filter((dataset) => dataset.source === source);
  const plain = registry.get(source);
  for (const family of present) {
    const suffix = family.startsWith("zeek:") ? family.slice(5) : family;
    const candidate = (): string => {
      if (family === "json") return source;
      if (family.startsWith("zeek:")) return `${source}_${suffix}`;
      // CSV, Parquet and text take the plain name when nothing else has or wants it.
      if (old.some((dataset) => dataset.name === `${source}_${suffix}`)) return `${source}_${suffix}`;
      if (plain?.source === source) {
        return looksLike(family, plain) && !present.has("json") ? source : `${source}_${suffix}`;
      }
      const first = (["json", "csv", "parquet", "text"] as const).find((other) => present.has(other));
      const onlyPlain = first === family && ![...present].some((other) => other.startsWith("zeek:"));
      return onlyPlain ? source : `${source}_${suffix}`;
    };
    const base = candidate();
    let name = base;
    for (let n = 2; taken.has(name) || (registry.get(name) && registry.get(name)?.source !== source); n++) {
      name = `${base}_${n}`;
    }
    taken.add(name);
    names.set(family, name);
  }
  return names;
}

/** Whether a dataset under the plain name was made from this family: its segments' ids say so. */
function looksLike(family: Family, dataset: Dataset): boolean {
  return dataset.segments.some((segment) => segment.id.startsWith(`${family}-`));
}

/** Keys and types of a load's rows. */
export interface LoadColumn {
  readonly key: string;
  readonly type: ColumnType;
  /** Holds 64-bit integers that a DOUBLE cannot. */
  readonly long: boolean;
}

/** Columns of a shape, by key in code unit order. */
export function columnsOfShape(shape: Shape): LoadColumn[] {
  return [...(shape.fields ?? new Map<string, Shape>())]
    .map(([key, field]) => ({ key, type: typeOf(field), long: (field.kinds & KIND.longInteger) !== 0 }))
    .sort((a, b) => byCodeUnit(a.key, b.key));
}

/**
 * Fits a load's columns into a dataset: names stay, types only widen.
 *
 * @param hasLongIntegers whether an old BIGINT column holds integers that a DOUBLE cannot.
 */
export async function planDataset(
  family: Family,
  name: string,
  load: readonly LoadColumn[],
  old: Dataset | undefined,
  hasLongIntegers: (column: Column) => Promise<boolean>,
): Promise<DatasetPlan> {
  const known = old?.columns ?? [];
  const names = nameColumns(
    known,
    load.map((column) => column.key),
  );
  const byKey = new Map(known.map((column) => [column.key, column]));
  const rewrites: Column[] = [];
  const written: Column[] = [];
  const fresh: Column[] = [];
  const changed = new Map<string, Column>();
  for (const { key, type, long } of load) {
    const before = byKey.get(key);
    let target = type;
    if (before) {
      // A column that no segment holds has had no value yet: its type binds nothing.
      const isHeld = old?.segments.some((segment) => segment.columns.some((column) => column.key === key));
      const oldType = isHeld ? parseType(before.type) : UNSEEN;
      target = widen(oldType, type);
      if (target.kind === "scalar" && target.name === "DOUBLE" && !sameType(oldType, type)) {
        const isLong =
          oldType.kind === "scalar" && oldType.name === "BIGINT" && (await hasLongIntegers(before));
        if (long || isLong) target = scalar("VARCHAR");
      }
    }
    target = seenType(before && sameType(target, UNSEEN) ? parseType(before.type) : target);
    const column: Column = { name: names.get(key)!, key, type: printType(target) };
    written.push(column);
    if (!before) fresh.push(column);
    else if (before.type !== column.type) {
      changed.set(key, column);
      if (!castKeeps(parseType(before.type), target)) rewrites.push(column);
    }
  }
  return {
    family,
    dataset: name,
    written,
    columns: [...known.map((column) => changed.get(column.key) ?? column), ...fresh],
    rewrites,
  };
}

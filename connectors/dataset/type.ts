/** Column types as trees. Browser-safe: pure functions only. */

/** A column type as a tree: what DuckDB prints, taken apart. */
export type ColumnType =
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "list"; readonly item: ColumnType }
  | { readonly kind: "struct"; readonly fields: readonly StructField[] };

export interface StructField {
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * The key that a struct's field has in the data. Keys that differ only in case cannot share one struct in SQL: the
 * later ones are named `<key>_2`, `<key>_3`, beside a field whose name is the key in another case.
 */
export function fieldKey(name: string, siblings: readonly StructField[]): string {
  const base = /^(.+)_\d+$/.exec(name)?.[1];
  if (base === undefined) return name;
  const isTwin = siblings.some(
    (sibling) => sibling.name !== base && sibling.name.toLowerCase() === base.toLowerCase(),
  );
  return isTwin ? base : name;
}

/** A name in SQL for a key beside these fields: the key itself, or with a number where only its case is new. */
export function fieldName(key: string, siblings: readonly StructField[]): string {
  const taken = new Set(siblings.map((sibling) => sibling.name.toLowerCase()));
  let name = key;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${key}_${number}`;
  return name;
}

export function scalar(name: string): ColumnType {
  return { kind: "scalar", name };
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function printName(name: string): string {
  return PLAIN_NAME.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Prints a type so that DuckDB reads it back; every field name that is not plain is quoted. */
export function printType(type: ColumnType): string {
  if (type.kind === "scalar") return type.name;
  if (type.kind === "list") return `${printType(type.item)}[]`;
  return `STRUCT(${type.fields.map((field) => `${printName(field.name)} ${printType(field.type)}`).join(", ")})`;
}

/** The same for SQL: all names quoted, since some plain ones are keywords. */
export function sqlType(type: ColumnType): string {
  if (type.kind === "scalar") return type.name;
  if (type.kind === "list") return `${sqlType(type.item)}[]`;
  return `STRUCT(${type.fields.map((field) => `"${field.name.replaceAll('"', '""')}" ${sqlType(field.type)}`).join(", ")})`;
}

/** Reads a type as DuckDB prints it. Anything that is no STRUCT or list stays one scalar name (`DECIMAL(9,2)`). */
export function parseType(text: string): ColumnType {
  let at = 0;
  const skip = (): void => {
    while (text[at] === " ") at++;
  };
  const name = (): string => {
    skip();
    if (text[at] === '"') {
      let out = "";
      at++;
      for (;;) {
        if (at >= text.length) throw new Error(`type not closed: ${text}`);
        if (text[at] === '"') {
          if (text[at + 1] !== '"') break;
          at++;
        }
        out += text[at++];
      }
      at++;
      return out;
    }
    const from = at;
    while (at < text.length && text[at] !== " ") at++;
    return text.slice(from, at);
  };
  const type = (): ColumnType => {
    skip();
    let result: ColumnType;
    if (text.startsWith("STRUCT(", at)) {
      at += 7;
      const fields: StructField[] = [];
      for (;;) {
        const fieldName = name();
        fields.push({ name: fieldName, type: type() });
        skip();
        if (text[at] === ",") {
          at++;
          continue;
        }
        if (text[at] !== ")") throw new Error(`not a type: ${text}`);
        at++;
        break;
      }
      result = { kind: "struct", fields };
    } else {
      const from = at;
      let depth = 0;
      while (at < text.length) {
        const c = text[at]!;
        if (c === "(") depth++;
        else if (c === ")") {
          if (depth === 0) break;
          depth--;
        } else if (depth === 0 && (c === "," || c === "[")) break;
        at++;
      }
      result = scalar(text.slice(from, at).trim());
    }
    while (text.startsWith("[]", at)) {
      at += 2;
      result = { kind: "list", item: result };
    }
    return result;
  };
  const whole = type();
  skip();
  if (at !== text.length) throw new Error(`not a type: ${text}`);
  return whole;
}

const WIDTHS: Readonly<Record<string, number>> = { BIGINT: 1, DOUBLE: 2 };

/** The type of a place where no value was seen yet. It never gets into a dataset: see `seenType`. */
export const UNSEEN = { kind: "scalar", name: "UNSEEN" } as const;

/** The same type with VARCHAR at each place where no value was seen. */
export function seenType(type: ColumnType): ColumnType {
  if (type.kind === "list") return { kind: "list", item: seenType(type.item) };
  if (type.kind === "struct") {
    return {
      kind: "struct",
      fields: type.fields.map(({ name, type: inner }) => ({ name, type: seenType(inner) })),
    };
  }
  return type.name === UNSEEN.name ? scalar("VARCHAR") : type;
}

/**
 * The narrowest type that holds every value of both without loss: numbers meet in DOUBLE, unlike scalars in
 * VARCHAR, structs field by field, and a struct or list with anything else in JSON.
 */
export function widen(a: ColumnType, b: ColumnType): ColumnType {
  if (a.kind === "scalar" && a.name === UNSEEN.name) return b;
  if (b.kind === "scalar" && b.name === UNSEEN.name) return a;
  if (a.kind === "scalar" && b.kind === "scalar") {
    if (a.name === b.name) return a;
    if (a.name === "JSON" || b.name === "JSON") return scalar("JSON");
    const widthA = WIDTHS[a.name];
    const widthB = WIDTHS[b.name];
    if (widthA && widthB) return widthA > widthB ? a : b;
    return scalar("VARCHAR");
  }
  if (a.kind === "list" && b.kind === "list") return { kind: "list", item: widen(a.item, b.item) };
  if (a.kind === "struct" && b.kind === "struct") {
    const fields: StructField[] = [...a.fields];
    for (const field of b.fields) {
      const key = fieldKey(field.name, b.fields);
      const index = fields.findIndex((other) => fieldKey(other.name, fields) === key);
      if (index < 0) fields.push({ name: fieldName(key, fields), type: field.type });
      else fields[index] = { name: fields[index]!.name, type: widen(fields[index]!.type, field.type) };
    }
    return { kind: "struct", fields };
  }
  return scalar("JSON");
}

/** Whether DuckDB's CAST from `from` to `to` (as `widen` made it) keeps every value as it was. */
export function castKeeps(from: ColumnType, to: ColumnType): boolean {
  if (from.kind === "scalar" && to.kind === "scalar") {
    if (from.name === to.name) return true;
    if (to.name === "VARCHAR") return from.name !== "JSON";
    return from.name === "BIGINT" && to.name === "DOUBLE";
  }
  if (from.kind === "list" && to.kind === "list") return castKeeps(from.item, to.item);
  if (from.kind === "struct" && to.kind === "struct") {
    return from.fields.every((field) => {
      const other = to.fields.find((candidate) => candidate.name === field.name);
      return other !== undefined && castKeeps(field.type, other.type);
    });
  }
  return false;
}

/** Whether two types are one and the same. */
export function sameType(a: ColumnType, b: ColumnType): boolean {
  return printType(a) === printType(b);
}

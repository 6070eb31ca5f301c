/** What a column's DuckDB type means for how it is shown and asked. */
const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL(\(.*\))?)$/;
const TIME = /^(TIMESTAMP.*|DATE|TIME.*)$/;
const NESTED = /(\[\d*\]|^(STRUCT|MAP|UNION|LIST)\b.*|^(JSON|VARIANT))$/;

export function isNumeric(type: string): boolean {
  return NUMERIC.test(type);
}

export function isTime(type: string): boolean {
  return TIME.test(type);
}

/** A list, a struct, a map, a union or JSON: shown as a tree, and asked by "contains" only. */
export function isNested(type: string): boolean {
  return NESTED.test(type);
}

/**
 * A value's text as DuckDB casts it back to the column's type: instants of a zone say that they are UTC, bytes are
 * written one by one.
 */
export function castableText(text: string, type: string): string {
  if (type === "TIMESTAMP WITH TIME ZONE" || type === "TIMESTAMPTZ") return `${text}+00`;
  if (type === "BLOB") return text.replace(/../g, (byte) => `\\x${byte.toUpperCase()}`);
  return text;
}

/** A short word for a type, for a narrow place: `VARCHAR` is text, `TIMESTAMP WITH TIME ZONE` time. */
export function typeWord(type: string): string {
  if (type === "VARCHAR") return "text";
  if (/^DECIMAL|^FLOAT|^DOUBLE/.test(type)) return "num";
  if (NUMERIC.test(type)) return "int";
  if (type === "DATE") return "date";
  if (/^TIMESTAMP/.test(type)) return "time";
  if (/\[\d*\]$/.test(type)) return "list";
  return (/^[A-Z_]+/.exec(type)?.[0] ?? type).toLowerCase();
}

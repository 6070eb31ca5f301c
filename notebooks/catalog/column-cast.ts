import { quoteIdentifier, quoteText } from "../../connectors/sql/quote.ts";
import { type ColumnType, formatColumnType } from "./column-type.ts";

function isScalar(type: ColumnType, name: string): boolean {
  return type.kind === "scalar" && type.name === name;
}

function isNested(type: ColumnType): boolean {
  return type.kind !== "scalar" && type.kind !== "decimal" && type.kind !== "enum";
}

/** True where DuckDB's own CAST would lose or refuse a value somewhere inside (JSON, or nested values as text). */
function needsOwnCast(from: ColumnType, to: ColumnType): boolean {
  if (formatColumnType(from) === formatColumnType(to)) return false;
  if (isScalar(to, "JSON") || isScalar(from, "JSON")) return true;
  if (isScalar(to, "VARCHAR")) return isNested(from);
  if (from.kind === "list" && to.kind === "list") return needsOwnCast(from.item, to.item);
  if (from.kind === "struct" && to.kind === "struct") {
    if (!from.fields.some((field) => fieldOf(to, field.name))) return true;
    return to.fields.some((field) => {
      const source = fieldOf(from, field.name);
      return source !== undefined && needsOwnCast(source, field.type);
    });
  }
  return false;
}

function fieldOf(type: ColumnType, name: string): ColumnType | undefined {
  if (type.kind !== "struct") return undefined;
  return type.fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.type;
}

/**
 * SQL that turns `expression` of one type into another without losing a value: a text becomes a JSON string and
 * back, nested values become JSON text, structs go field by field and lists item by item; all else is CAST.
 * `depth` keeps the names of nested lambda parameters apart.
 */
export function castExpression(expression: string, from: ColumnType, to: ColumnType, depth = 0): string {
  const target = formatColumnType(to);
  if (formatColumnType(from) === target) return expression;
  if (!needsOwnCast(from, to)) return `CAST(${expression} AS ${target})`;
  if (isScalar(to, "JSON")) return `CASE WHEN ${expression} IS NOT NULL THEN to_json(${expression}) END`;
  if (isScalar(to, "VARCHAR") && isNested(from)) {
    return `CASE WHEN ${expression} IS NOT NULL THEN CAST(to_json(${expression}) AS VARCHAR) END`;
  }
  if (isScalar(from, "JSON")) {
    if (isNested(to)) return `json_transform(${expression}, ${quoteText(jsonShape(to))})`;
    const text = `(${expression} ->> '$')`;
    return isScalar(to, "VARCHAR") ? text : `CAST(${text} AS ${target})`;
  }
  if (from.kind === "list" && to.kind === "list") {
    const item = `item${depth}`;
    return `list_transform(${expression}, lambda ${item}: ${castExpression(item, from.item, to.item, depth + 1)})`;
  }
  if (to.kind !== "struct") return `CAST(${expression} AS ${target})`;
  const fields = to.fields.map((field) => {
    const source = fieldOf(from, field.name);
    const value =
      source === undefined
        ? `CAST(NULL AS ${formatColumnType(field.type)})`
        : castExpression(
            `struct_extract(${expression}, ${quoteText(field.name)})`,
            source,
            field.type,
            depth + 1,
          );
    return `${quoteIdentifier(field.name)} := ${value}`;
  });
  return `CASE WHEN ${expression} IS NOT NULL THEN struct_pack(${fields.join(", ")}) END`;
}

/** The structure argument of `json_transform` for a nested type. */
function jsonShape(type: ColumnType): string {
  const shape = (part: ColumnType): unknown => {
    if (part.kind === "list") return [shape(part.item)];
    if (part.kind === "struct")
      return Object.fromEntries(part.fields.map((field) => [field.name, shape(field.type)]));
    return formatColumnType(part);
  };
  return JSON.stringify(shape(type));
}

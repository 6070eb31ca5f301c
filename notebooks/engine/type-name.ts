import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBUnionType,
} from "@duckdb/node-api";

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function fieldName(name: string): string {
  return PLAIN_NAME.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function fields(names: readonly string[], types: readonly DuckDBType[]): string {
  return names.map((name, at) => `${fieldName(name)} ${typeName(types[at]!)}`).join(", ");
}

/** The type as DuckDB prints it: `JSON` for its alias, names quoted where they must be. */
export function typeName(type: DuckDBType): string {
  if (type.alias !== undefined && type.alias !== "") return type.alias;
  if (type instanceof DuckDBListType) return `${typeName(type.valueType)}[]`;
  if (type instanceof DuckDBArrayType) return `${typeName(type.valueType)}[${type.length}]`;
  if (type instanceof DuckDBStructType) return `STRUCT(${fields(type.entryNames, type.entryTypes)})`;
  if (type instanceof DuckDBUnionType) return `UNION(${fields(type.memberTags, type.memberTypes)})`;
  if (type instanceof DuckDBMapType) return `MAP(${typeName(type.keyType)}, ${typeName(type.valueType)})`;
  return type.toString();
}

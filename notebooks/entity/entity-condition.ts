/** SQL that finds an entity in its fields; values are always parameters. Browser-safe: text is made, nothing is run. */
import type { EntityKind } from "../../connectors/source/source.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { ColumnType } from "../catalog/column-type.ts";
import type { QueryParameter } from "../engine/engine.ts";
import {
  type EntityDataset,
  type FoundField,
  fieldsOfKind,
  hasEntityRecords,
  isAnnotations,
} from "./entity-fields.ts";
import { accountName, canonicalEntity, isIp, isLocalAccount } from "./entity-form.ts";

/** Gives the placeholder of a value that it binds: `$name`, or `${"…"}` in the text of a cell. */
export type Bind = (value: string) => string;

/** Collects values as `$prefix_1`, `$prefix_2`, …; equal values share one. */
export function parameterBinder(prefix = "entity"): {
  readonly bind: Bind;
  readonly parameters: Record<string, QueryParameter>;
} {
  const parameters: Record<string, QueryParameter> = {};
  const known = new Map<string, string>();
  return {
    parameters,
    bind: (value) => {
      const old = known.get(value);
      if (old !== undefined) return `$${old}`;
      const name = `${prefix}_${known.size + 1}`;
      known.set(value, name);
      parameters[name] = value;
      return `$${name}`;
    },
  };
}

/** The SQL of a field's value: one text, or a list of texts (`many`) where a list is on its path. */
export interface FieldExpression {
  readonly sql: string;
  readonly many: boolean;
}

/** The value of a field of the row `t`, as VARCHAR or VARCHAR[]. */
export function fieldExpression(field: FoundField, bind: Bind): FieldExpression {
  let sql = `t.${quoteIdentifier(field.column)}`;
  let type: ColumnType = field.type;
  let many = false;
  const step = (inner: (value: string) => string) => {
    sql = many ? `list_transform(${sql}, lambda x: ${inner("x")})` : inner(sql);
  };
  const openLists = () => {
    while (type.kind === "list" || type.kind === "array") {
      if (many) sql = `flatten(${sql})`;
      many = true;
      type = type.item;
    }
  };
  for (const [at, name] of field.below.entries()) {
    openLists();
    if (type.kind !== "struct") {
      // JSON: the rest of the path is one pointer, bound like any value.
      const pointer = field.below
        .slice(at)
        .map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`)
        .join("");
      const placeholder = bind(pointer);
      step((value) => `json_extract_string(${value}, ${placeholder})`);
      return { sql, many };
    }
    const struct = type;
    const found =
      struct.fields.find((one) => one.name === name) ??
      struct.fields.find((one) => one.name.toLowerCase() === name.toLowerCase())!;
    step((value) => `${value}.${quoteIdentifier(found.name)}`);
    type = found.type;
  }
  openLists();
  if (type.kind !== "scalar" || type.name !== "VARCHAR") {
    const json = type.kind === "scalar" && type.name === "JSON";
    step((value) => (json ? `json_extract_string(${value}, '$')` : `CAST(${value} AS VARCHAR)`));
  }
  return { sql, many };
}

/**
 * SQL that is true where the text `expression` names the entity:
 *
 * | kind | besides the same text |
 * |---|---|
 * | host | any letter case; with or without its domain |
 * | user | any letter case; `DOMAIN\name`, `name`, `name@mail` and an ARN of that name are one account, except accounts of the machine itself (`NT AUTHORITY\SYSTEM`) |
 * | hash | any letter case; anywhere in a list such as `SHA1=…,MD5=…` |
 * | domain | any letter case; its subdomains |
 * | file | any letter case; a bare name in any folder |
 * | process | any letter case; with or without braces; a bare name in any folder |
 * | ip | any letter case of IPv6 |
 */
function matchesEntity(kind: EntityKind, value: string, expression: string, bind: Bind): string {
  const text = value.trim();
  const lower = `lower(${expression})`;
  const whole = text.toLowerCase();
  switch (kind) {
    case "ip":
      return text.includes(":") ? `${lower} = ${bind(whole)}` : `${expression} = ${bind(text)}`;
    case "url":
      return `${expression} = ${bind(text)}`;
    case "hash":
      return `contains(${lower}, ${bind(canonicalEntity("hash", text))})`;
    case "domain": {
      const domain = canonicalEntity("domain", text);
      return `(${lower} = ${bind(domain)} OR ${lower} = ${bind(`${domain}.`)} OR ends_with(rtrim(${lower}, '.'), ${bind(`.${domain}`)}))`;
    }
    case "host": {
      const short = canonicalEntity("host", text);
      if (isIp(whole)) return `${lower} = ${bind(whole)}`;
      if (whole !== short && whole.includes(".")) return `${lower} IN (${bind(whole)}, ${bind(short)})`;
      return `(${lower} = ${bind(short)} OR starts_with(${lower}, ${bind(`${short}.`)}))`;
    }
    case "user": {
      if (isLocalAccount(text)) return `${lower} = ${bind(whole)}`;
      const name = accountName(text);
      return `(${lower} IN (${bind(whole)}, ${bind(name)}) OR ends_with(${lower}, ${bind(`\\${name}`)}) OR starts_with(${lower}, ${bind(`${name}@`)}) OR ends_with(${lower}, ${bind(`/${name}`)}))`;
    }
    case "process":
    case "file": {
      const canonical = canonicalEntity(kind, text);
      const exact = [...new Set([whole, canonical, ...(kind === "process" ? [`{${canonical}}`] : [])])];
      const same = `${lower} IN (${exact.map(bind).join(", ")})`;
      if (/[\\/]/.test(text) || !/\.[a-z0-9]{1,5}$/i.test(text)) return same;
      return `(${same} OR ends_with(${lower}, ${bind(`\\${whole}`)}) OR ends_with(${lower}, ${bind(`/${whole}`)}))`;
    }
  }
}

/** True where one field of a row names the entity, also inside a list. */
function fieldMatches(field: FoundField, kind: EntityKind, value: string, bind: Bind): string {
  const { sql, many } = fieldExpression(field, bind);
  if (!many) return matchesEntity(kind, value, sql, bind);
  return `len(list_filter(${sql}, lambda x: ${matchesEntity(kind, value, "x", bind)})) > 0`;
}

/**
 * SQL that is true for the rows `t` of the dataset that name the entity; null where it has no field for the kind.
 * Spoor's own datasets are asked by the entities of their records, annotations by what they are about.
 */
export function entityCondition(
  dataset: EntityDataset,
  kind: EntityKind,
  value: string,
  bind: Bind,
): string | null {
  if (isAnnotations(dataset))
    return `(t."deleted" IS NULL AND t."kind" = ${bind(kind)} AND ${matchesEntity(kind, value, 't."value"', bind)})`;
  if (hasEntityRecords(dataset)) {
    const values = `json_extract_string(t."entities", '$.*')`;
    return `len(list_filter(${values}, lambda x: ${matchesEntity(kind, value, "x", bind)})) > 0`;
  }
  const conditions = fieldsOfKind(dataset, kind).map((field) => fieldMatches(field, kind, value, bind));
  return conditions.length === 0 ? null : conditions.join(" OR ");
}

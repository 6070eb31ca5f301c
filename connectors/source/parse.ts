import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, stringify } from "yaml";
import type { Issue, Parsed } from "../issue/issue.ts";
import { defaultSource } from "./defaults.ts";
import { readLogSources } from "./log-sources.ts";
import { ENTITY_KINDS, type EntityField, type SourceDefinition, type TimeField } from "./source.ts";

const NAME = /^[a-z][a-z0-9_]{0,47}$/;
const SCHEMA_MODES = ["observe", "evolve", "enforce"] as const;
const TIME_FORMATS = ["auto", "iso", "epoch-s", "epoch-ms", "epoch-us"] as const;

/**
 * Parses a `source.yaml`. What is not said is filled from `defaultSource`; unknown keys are warnings, wrong
 * values errors, each with file and line: `sources/a/source.yaml:7`.
 */
export function parseSourceDefinition(yamlText: string, place: string): Parsed<SourceDefinition> {
  const issues: Issue[] = [];
  const lines = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: lines, uniqueKeys: true });
  const at = (node: unknown): string => {
    const range = (node as Node | null)?.range;
    return range ? `${place}:${lines.linePos(range[0]).line}` : place;
  };
  const error = (code: string, where: unknown, message: string, remedy: string): void => {
    issues.push({ severity: "error", code, place: at(where), message, remedy });
  };
  for (const problem of document.errors) {
    const line = problem.linePos?.[0].line;
    issues.push({
      severity: "error",
      code: "source.yaml.malformed",
      place: line === undefined ? place : `${place}:${line}`,
      message: `This is not YAML: ${problem.message.split("\n")[0]}`,
      remedy: "Mend the line; indentation counts.",
    });
  }
  if (issues.length > 0) return { ok: false, issues };
  const root = document.contents;
  if (!isMap(root)) {
    error("source.yaml.not-a-map", root, "The file holds no keys.", "Start it with `name: my_source`.");
    return { ok: false, issues };
  }

  /** The pairs of a map, unknown keys warned about. */
  const members = (node: unknown, path: string, known: readonly string[]): Map<string, unknown> => {
    const found = new Map<string, unknown>();
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return found;
    if (!isMap(node)) {
      error(
        "source.value.wrong",
        node,
        `${path} must hold keys.`,
        `Write its keys, indented, under ${path}.`,
      );
      return found;
    }
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      if (known.includes(key)) {
        found.set(key, pair.value ?? pair.key);
        continue;
      }
      issues.push({
        severity: "warning",
        code: "source.key.unknown",
        place: at(pair.key),
        message: `${path === "" ? key : `${path}.${key}`} is no key of a source and has no effect.`,
        remedy: `Known keys here: ${known.join(", ")}.`,
      });
    }
    return found;
  };
  const text = (from: Map<string, unknown>, key: string, path: string, fallback: string): string => {
    const node = from.get(key);
    if (node === undefined) return fallback;
    if (isScalar(node) && (typeof node.value === "string" || typeof node.value === "number"))
      return String(node.value);
    if (isScalar(node) && node.value === null) return fallback;
    error("source.value.wrong", node, `${path} must be text.`, `Write ${path} as text.`);
    return fallback;
  };
  const choice = <T extends string>(
    from: Map<string, unknown>,
    key: string,
    path: string,
    choices: readonly T[],
    fallback: T,
  ): T => {
    const value = text(from, key, path, fallback);
    const found = choices.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    error("source.value.wrong", from.get(key), `${path} is "${value}".`, `Use one of ${choices.join(", ")}.`);
    return fallback;
  };
  const number = <T extends number | null>(
    from: Map<string, unknown>,
    key: string,
    path: string,
    fallback: T,
    maximum = Number.POSITIVE_INFINITY,
  ): T | number => {
    const node = from.get(key);
    if (node === undefined) return fallback;
    if (isScalar(node)) {
      if (node.value === null) return fallback;
      if (typeof node.value === "number" && node.value >= 0 && node.value <= maximum) return node.value;
    }
    const bound = maximum === Number.POSITIVE_INFINITY ? "0 or more" : `from 0 to ${maximum}`;
    error("source.value.wrong", node, `${path} must be a number, ${bound}.`, `Write ${path} as a number.`);
    return fallback;
  };

  const top = members(root, "", [
    "name",
    "description",
    "owner",
    "schemaMode",
    "time",
    "entities",
    "cost",
    "logsources",
    "inventory",
    "stream",
    "health",
  ]);
  const name = text(top, "name", "name", "");
  if (!NAME.test(name)) {
    error(
      "source.name.wrong",
      top.get("name") ?? root,
      name === "" ? "The source has no name." : `"${name}" is no name for a source.`,
      "Use a lower case letter, then lower case letters, digits and _, at most 48.",
    );
  }
  const base = defaultSource(name);
  const timeKeys = members(top.get("time"), "time", ["fields", "format", "zone"]);
  const fieldsNode = timeKeys.get("fields");
  const fields: string[] = [];
  if (isSeq(fieldsNode)) {
    for (const item of fieldsNode.items) {
      if (isScalar(item) && typeof item.value === "string" && item.value !== "") fields.push(item.value);
      else error("source.value.wrong", item, "A time field must be text.", "Write each as a column path.");
    }
  } else if (isScalar(fieldsNode) && typeof fieldsNode.value === "string") fields.push(fieldsNode.value);
  else if (fieldsNode !== undefined && !(isScalar(fieldsNode) && fieldsNode.value === null)) {
    error(
      "source.value.wrong",
      fieldsNode,
      "time.fields must be a list.",
      "Write one column path a line, after `- `.",
    );
  }
  const zone = text(timeKeys, "zone", "time.zone", "UTC");
  if (!isZone(zone)) {
    error(
      "source.time-zone.unknown",
      timeKeys.get("zone"),
      `"${zone}" is no time zone.`,
      "Use a name like Europe/Berlin.",
    );
  }
  const time: TimeField = {
    fields,
    format: choice(timeKeys, "format", "time.format", TIME_FORMATS, "auto"),
    zone,
  };

  const entities: EntityField[] = [];
  const entitiesNode = top.get("entities");
  if (isSeq(entitiesNode)) {
    for (const item of entitiesNode.items) {
      const keys = members(item, "entities", ["kind", "field"]);
      const kind = text(keys, "kind", "entities.kind", "");
      const known = ENTITY_KINDS.find((candidate) => candidate === kind);
      const field = text(keys, "field", "entities.field", "");
      if (!known)
        error(
          "source.entity.kind",
          item,
          `"${kind}" is no kind of entity.`,
          `Use one of ${ENTITY_KINDS.join(", ")}.`,
        );
      if (field === "")
        error("source.entity.field", item, "The entity names no field.", "Write `field: column`.");
      if (known && field !== "") entities.push({ kind: known, field });
    }
  } else if (entitiesNode !== undefined && !(isScalar(entitiesNode) && entitiesNode.value === null)) {
    error(
      "source.value.wrong",
      entitiesNode,
      "entities must be a list.",
      "Write `- kind: user` and `field: …` for each.",
    );
  }

  const logsources = readLogSources(top.get("logsources"), error);
  const costKeys = members(top.get("cost"), "cost", Object.keys(base.cost));
  const cost = base.cost;
  const streamKeys = members(top.get("stream"), "stream", ["allowedLatenessMs"]);
  const inventoryKeys = members(top.get("inventory"), "inventory", ["dataset", "column"]);
  const inventory = {
    dataset: text(inventoryKeys, "dataset", "inventory.dataset", ""),
    column: text(inventoryKeys, "column", "inventory.column", "host"),
  };
  const healthKeys = members(top.get("health"), "health", ["maximumSilenceMs", "maximumQuarantinedShare"]);
  const value: SourceDefinition = {
    name,
    description: text(top, "description", "description", ""),
    owner: text(top, "owner", "owner", ""),
    schemaMode: choice(top, "schemaMode", "schemaMode", SCHEMA_MODES, base.schemaMode),
    time,
    entities,
    ...(logsources.length > 0 ? { logsources } : {}),
    cost: {
      gigabytesPerDay: number(costKeys, "gigabytesPerDay", "cost.gigabytesPerDay", cost.gigabytesPerDay),
      ingestUsdPerGigabyte: number(
        costKeys,
        "ingestUsdPerGigabyte",
        "cost.ingestUsdPerGigabyte",
        cost.ingestUsdPerGigabyte,
      ),
      storageUsdPerGigabyteMonth: number(
        costKeys,
        "storageUsdPerGigabyteMonth",
        "cost.storageUsdPerGigabyteMonth",
        cost.storageUsdPerGigabyteMonth,
      ),
      retentionDays: number(costKeys, "retentionDays", "cost.retentionDays", cost.retentionDays),
      agentCount: number(costKeys, "agentCount", "cost.agentCount", cost.agentCount),
      agentUsdPerYear: number(costKeys, "agentUsdPerYear", "cost.agentUsdPerYear", cost.agentUsdPerYear),
      engineerHoursPerYear: number(
        costKeys,
        "engineerHoursPerYear",
        "cost.engineerHoursPerYear",
        cost.engineerHoursPerYear,
      ),
    },
    ...(inventory.dataset === "" ? {} : { inventory }),
    stream: {
      allowedLatenessMs: number(
        streamKeys,
        "allowedLatenessMs",
        "stream.allowedLatenessMs",
        base.stream.allowedLatenessMs,
      ),
    },
    health: {
      maximumSilenceMs: number(
        healthKeys,
        "maximumSilenceMs",
        "health.maximumSilenceMs",
        base.health.maximumSilenceMs,
      ),
      maximumQuarantinedShare: number(
        healthKeys,
        "maximumQuarantinedShare",
        "health.maximumQuarantinedShare",
        base.health.maximumQuarantinedShare,
        1,
      ),
    },
  };
  if (issues.some((issue) => issue.severity === "error")) return { ok: false, issues };
  return { ok: true, value, issues };
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The definition as YAML that a person can read and `parseSourceDefinition` reads back the same. */
export function serializeSourceDefinition(definition: SourceDefinition): string {
  return stringify(definition, { lineWidth: 100 });
}

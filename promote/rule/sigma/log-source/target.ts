/** Which of a workspace's datasets a Sigma log source means. Browser-safe: pure functions only. */
import type { SourceLogSource } from "../../../../connectors/source/source.ts";
import type { Condition, ConditionValue, FieldTest } from "../../condition/condition.ts";
import type { ConditionColumn } from "../../condition/field.ts";
import type { SigmaLogSource } from "../sigma-rule.ts";
import { KNOWN_LOGS, type KnownSource } from "./source-table.ts";
import { Places, WINDOWS_LAYOUTS, type WindowsLayout } from "./windows-layout.ts";
import { WINDOWS_CATEGORIES, WINDOWS_SERVICES, type WindowsCategory } from "./windows-table.ts";

/** A dataset that rules may be about. */
export interface SigmaDataset {
  readonly name: string;
  /** All columns, also the system columns if rules may ask them. */
  readonly columns: readonly (ConditionColumn & { readonly key?: string })[];
  /** What its source declares; a declared log source goes before what the columns show. */
  readonly logSources?: readonly SourceLogSource[];
  /** Channels of its Windows events, in lower case; absent where nobody looked. */
  readonly channels?: readonly string[];
}

/** Events of one dataset that are a log source. */
export interface LogSourceTarget {
  readonly dataset: string;
  readonly columns: readonly ConditionColumn[];
  /** What says that an event is of that log source, over the dataset's columns; null when all are. */
  readonly where: Condition | null;
  /** Column paths where a field of the rule is found; empty when the data have none. */
  columnsOf(field: string): readonly string[];
  /** What the data have for a value, by the rule's field and value in lower case. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether events of its Windows channel were ever seen there; absent where that is not known. */
  readonly seen?: boolean;
}

/**
 * Every part of every dataset that the log source means: as its source declares it, else as its columns show it. Several
 * targets of one dataset (Sysmon's and Security's process creation) each have their own names for fields. Where a dataset
 * has events of the Windows channel that is asked for, those that could hold such events and have none are left out.
 */
export function findTargets(logSource: SigmaLogSource, datasets: readonly SigmaDataset[]): LogSourceTarget[] {
  const targets = datasets.flatMap((dataset) => {
    const declared = declaredTargets(logSource, dataset);
    return declared.length > 0
      ? declared
      : [...windowsTargets(logSource, dataset), ...knownTargets(logSource, dataset)];
  });
  return targets.some(({ seen }) => seen === true) ? targets.filter(({ seen }) => seen !== false) : targets;
}

/** Paths of the columns that name the channel of a dataset's Windows events; empty when it holds none. */
export function channelPaths(columns: SigmaDataset["columns"]): string[] {
  const places = new Places(columns);
  return WINDOWS_LAYOUTS.flatMap((layout) =>
    paths(places, layout.eventId).length === 0 ? [] : paths(places, layout.channel),
  );
}

type Names = Pick<SigmaLogSource, "product" | "category" | "service">;

/** Whether a description covers what a rule asks: the rule's parts must all be there, and none of its own be another. */
function covers(
  asked: Names,
  has: { product?: string | undefined; category?: string | undefined; service?: string | undefined },
): boolean {
  const parts = ["product", "category", "service"] as const;
  return (
    parts.every((part) => asked[part] === null || asked[part] === has[part]) &&
    parts.every(
      (part) =>
        has[part] === undefined ||
        asked[part] === has[part] ||
        (part === "product" && asked.product === null),
    )
  );
}

function declaredTargets(asked: SigmaLogSource, dataset: SigmaDataset): LogSourceTarget[] {
  const places = new Places(dataset.columns);
  return (dataset.logSources ?? [])
    .filter((one) => (one.dataset ?? dataset.name) === dataset.name && covers(asked, one))
    .map((one) =>
      target(
        dataset,
        one.where.map(({ field, values }) => is(found(places, field), values)),
        (field) => [places.find(one.fields[field] ?? field)],
      ),
    );
}

function knownTargets(asked: SigmaLogSource, dataset: SigmaDataset): LogSourceTarget[] {
  const places = new Places(dataset.columns);
  const has = (path: string): boolean => places.find(path) !== null || places.find(zeekName(path)) !== null;
  return KNOWN_LOGS.filter(
    ({ columns, without }) => columns.every(has) && !(without ?? []).some(has),
  ).flatMap(({ sources }) =>
    sources.filter((source) => covers(asked, source)).map((source) => knownTarget(source, dataset, places)),
  );
}

function knownTarget(source: KnownSource, dataset: SigmaDataset, places: Places): LogSourceTarget {
  const where = Object.entries(source.where ?? {}).map(([field, values]) => is(found(places, field), values));
  return target(dataset, where, (field) => {
    const name = source.fields?.[field] ?? field;
    return [places.find(name) ?? places.find(zeekName(name)) ?? places.find(field)];
  });
}

/** `id.orig_h` as some exporters flatten it. */
function zeekName(path: string): string {
  return path.startsWith("id.") ? `id_${path.slice(3)}` : path;
}

function windowsTargets(asked: SigmaLogSource, dataset: SigmaDataset): LogSourceTarget[] {
  if (asked.product !== null && asked.product !== "windows") return [];
  const places = new Places(dataset.columns);
  return WINDOWS_LAYOUTS.flatMap((layout) => {
    const eventIds = paths(places, layout.eventId);
    const channels = paths(places, layout.channel);
    if (eventIds.length === 0 || channels.length === 0) return [];
    return waysOf(asked).map((way) => {
      const where: Condition[] = [];
      const logs = way.service === null ? [] : channelsOf(way.service);
      if (logs.length > 0) where.push(is(channels, logs));
      if (way.eventIds.length > 0) where.push(is(eventIds, way.eventIds));
      const columnsOf = (field: string) => windowsPaths(places, layout, way.fields?.[field] ?? field);
      for (const [field, values] of Object.entries(way.where ?? {})) where.push(is(columnsOf(field), values));
      const seen = seenIn(dataset, logs);
      return {
        ...target(dataset, where, columnsOf, way.values ?? {}),
        ...(seen === null ? {} : { seen }),
      };
    });
  });
}

type Way = Omit<WindowsCategory, "service"> & { readonly service: string | null };

/** The ways in which Windows logs what a rule asks for; none when it logs no such thing. */
function waysOf({ product, category, service }: SigmaLogSource): readonly Way[] {
  if (category !== null) {
    const ways = WINDOWS_CATEGORIES[category] ?? [];
    return service === null ? ways : ways.filter((way) => way.service === service);
  }
  if (service !== null)
    return product === "windows" || WINDOWS_SERVICES[service] ? [{ service, eventIds: [] }] : [];
  return product === "windows" ? [{ service: null, eventIds: [] }] : [];
}

function channelsOf(service: string): readonly string[] {
  return (
    WINDOWS_SERVICES[service] ?? (service === "kernel-file" ? ["Microsoft-Windows-Kernel-File"] : [service])
  );
}

function windowsPaths(places: Places, layout: WindowsLayout, field: string): readonly (string | null)[] {
  if (/^event_?id$/i.test(field)) return layout.eventId.map((path) => places.find(path));
  if (/^channel$/i.test(field)) return layout.channel.map((path) => places.find(path));
  const known =
    Object.entries(layout.head).find(([name]) => name.toLowerCase() === field.toLowerCase())?.[1] ?? [];
  const inHead = paths(places, known);
  const attribute = /^([A-Za-z]+)_([A-Za-z]+)$/.exec(field);
  const inSystem = attribute ? places.find(`Event.System.${attribute[1]}.#attributes.${attribute[2]}`) : null;
  const inParts = layout.parts.map((part) => places.find(part === "" ? field : `${part}.${field}`));
  return [...inHead, inSystem, ...inParts];
}

function paths(places: Places, wanted: readonly string[]): string[] {
  return wanted.flatMap((path) => places.find(path) ?? []);
}

function seenIn({ channels }: SigmaDataset, logs: readonly ConditionValue[]): boolean | null {
  if (channels === undefined || logs.length === 0) return null;
  return logs.some((log) => channels.includes(String(log).toLowerCase()));
}

function found(places: Places, field: string): readonly string[] {
  return [places.find(field) ?? field];
}

function target(
  dataset: SigmaDataset,
  where: readonly Condition[],
  columnsOf: (field: string) => readonly (string | null)[],
  values: LogSourceTarget["values"] = {},
): LogSourceTarget {
  return {
    dataset: dataset.name,
    columns: dataset.columns,
    where: where.length === 0 ? null : where.length === 1 ? where[0]! : { kind: "all", of: where },
    columnsOf: (field) => [...new Set(columnsOf(field).filter((path) => path !== null))],
    values,
  };
}

function is(fields: readonly (string | null)[], values: readonly ConditionValue[]): Condition {
  const tests = fields
    .filter((field) => field !== null)
    .map(
      (field): FieldTest => ({
        kind: "test",
        field,
        operator: "is",
        values,
        everyValue: false,
        caseSensitive: false,
      }),
    );
  return tests.length === 1 ? tests[0]! : { kind: "any", of: tests };
}

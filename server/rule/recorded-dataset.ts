import type { Column, Dataset } from "../../connectors/dataset/dataset.ts";
import { RECORDED } from "../../promote/run/streamability/shapes.ts";
import type { Streamability } from "../../promote/run/streamable.ts";
import type { Spoor } from "../spoor.ts";

/** The names among these that stand for what Spoor itself records (`detections`), and not for data of a source. */
export function recordedAmong(spoor: Spoor, names: readonly string[]): string[] {
  return names.filter((name) => spoor.recordedTables.some((table) => table.name === name));
}

/** A table of Spoor's records as a dataset without segments, which a rule's tests fill; undefined for other names. */
export function recordedDataset(spoor: Spoor, name: string): Dataset | undefined {
  const table = spoor.recordedTables.find((one) => one.name === name);
  if (table === undefined) return undefined;
  const columns = table.columns
    .filter((column) => column.name !== "_time")
    .map((column): Column => ({ name: column.name, key: column.name, type: column.type }));
  return { name, source: "spoor", columns, segments: [], version: table.version() };
}

/** Why no proof lets the rule stream; null where a replay decides. */
export function neverStreams(streamability: Streamability | null): string | null {
  const shape = streamability?.shapes.find(({ code }) => code === RECORDED);
  return shape === undefined
    ? null
    : `${shape.shape}: ${shape.reason}`.replace(/^./, (first) => first.toUpperCase());
}

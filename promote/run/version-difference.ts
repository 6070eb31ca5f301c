import { formatInstant } from "../../connectors/time/instant.ts";
import type { Detection } from "../records/records.ts";

const SAMPLE_SIZE = 50;

/** One detection that one version has and the other has not, or has with other rows. */
export interface DifferingDetection {
  readonly change: "added" | "removed" | "changed";
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly entities: Readonly<Record<string, string>>;
}

export interface DetectionDifference {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** At most 50, the newest first, of every kind of change a part. */
  readonly sample: readonly DifferingDetection[];
}

type Compared = Pick<Detection, "eventTimeUs" | "entities" | "rowsHash">;

/**
 * What changes for the person who is alerted when one version of a rule takes the place of another: detections are the
 * same when time and entity values are (their columns may be renamed), and changed when their rows are not the same.
 */
export function differenceInDetections(
  from: readonly Compared[],
  to: readonly Compared[],
): DetectionDifference {
  const before = byWhatTheyName(from);
  const after = byWhatTheyName(to);
  const added = [...after].filter(([key]) => !before.has(key)).map(([, one]) => one);
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, one]) => one);
  const changed = [...after]
    .filter(([key, one]) => before.has(key) && before.get(key)!.rowsHash !== one.rowsHash)
    .map(([, one]) => one);
  const groups = [
    ["added", added],
    ["removed", removed],
    ["changed", changed],
  ] as const;
  const share = Math.floor(SAMPLE_SIZE / Math.max(1, groups.filter(([, group]) => group.length > 0).length));
  return {
    added: added.length,
    removed: removed.length,
    changed: changed.length,
    sample: groups.flatMap(([change, group]) =>
      [...group]
        .sort((left, right) => (left.eventTimeUs > right.eventTimeUs ? -1 : 1))
        .slice(0, share)
        .map(({ eventTimeUs, entities }) => ({ change, time: formatInstant(eventTimeUs), entities })),
    ),
  };
}

function byWhatTheyName(detections: readonly Compared[]): Map<string, Compared> {
  return new Map(
    detections.map((one) => [
      JSON.stringify([String(one.eventTimeUs), ...Object.values(one.entities).sort()]),
      one,
    ]),
  );
}

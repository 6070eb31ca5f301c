import type { Dataset, LoadedInput } from "../dataset/dataset.ts";
import type { Issue } from "../issue/issue.ts";
import type { SourceDefinition } from "../source/source.ts";
import { formatInstant } from "../time/instant.ts";

/** How many of the newest segments are compared with the ones before. */
const NEW_SEGMENTS = 1;
const SHOWN_FIELDS = 8;
const FEWEST_COMPARED_ROWS = 1000;

/**
 * What is wrong with a source, from what was recorded of it: silence, too much quarantined in a load, no event
 * time, fields that came or vanished with the newest segment. Pure; an empty list means well.
 */
export function sourceHealth(given: {
  readonly definition: SourceDefinition;
  readonly datasets: readonly Dataset[];
  readonly inputs: readonly LoadedInput[];
  readonly nowMs: number;
}): Issue[] {
  const { definition, datasets, inputs, nowMs } = given;
  const issues: Issue[] = [];
  const place = `sources/${definition.name}/source.yaml`;
  const warn = (code: string, where: string, message: string, remedy: string): void => {
    issues.push({ severity: "warning", code, place: where, message, remedy });
  };
  const segments = datasets.flatMap((dataset) => dataset.segments);
  const rowCount = segments.reduce((sum, segment) => sum + segment.rowCount, 0);

  const silenceMs = definition.health.maximumSilenceMs;
  for (const dataset of silenceMs === null ? [] : datasets) {
    const lastUs = dataset.segments.reduce<bigint | null>(
      (last, s) => (s.maxTimeUs !== null && (last === null || s.maxTimeUs > last) ? s.maxTimeUs : last),
      null,
    );
    if (lastUs === null || nowMs - Number(lastUs / 1000n) <= silenceMs!) continue;
    const hours = ((nowMs - Number(lastUs / 1000n)) / 3_600_000).toFixed(1);
    issues.push({
      severity: "error",
      code: "source.health.silent",
      place,
      message: `The last event of ${dataset.name} is of ${formatInstant(lastUs).slice(0, 16).replace("T", " ")} UTC, ${hours} hours ago; at most ${(silenceMs! / 3_600_000).toFixed(1)} are allowed.`,
      remedy: "See whether the sender still runs; the runbook says how.",
    });
  }

  // A stream's batches are small: those of one spool file are judged together.
  const byFile = new Map<string, { read: number; quarantined: number }>();
  for (const input of inputs) {
    const sum = byFile.get(input.file) ?? { read: 0, quarantined: 0 };
    sum.read += input.readCount;
    sum.quarantined += input.quarantinedCount;
    byFile.set(input.file, sum);
  }
  for (const [file, { read, quarantined }] of byFile) {
    if (read === 0) continue;
    const share = quarantined / read;
    if (share <= definition.health.maximumQuarantinedShare) continue;
    warn(
      "source.health.quarantined",
      file,
      `${quarantined} of ${read} rows are quarantined (${(share * 100).toFixed(1)} %).`,
      "Look at the reasons in the quarantine and mend the sender, or load the file again when it is whole.",
    );
  }

  if (rowCount > 0 && definition.time.fields.length === 0) {
    warn(
      "source.health.no-time-field",
      place,
      "No time field is named, so _time is empty.",
      "Name one under time.fields.",
    );
  } else {
    const timeless = datasets
      .filter(({ segments: parts }) => {
        const filled = parts.filter((segment) => segment.rowCount > 0);
        return filled.length > 0 && filled.every((segment) => segment.maxTimeUs === null);
      })
      .map((dataset) => dataset.name);
    if (timeless.length > 0) {
      warn(
        "source.health.no-event-time",
        `${place}#time`,
        `No row has an event time in ${shown(timeless)}.`,
        "Name a field of theirs under time.fields.",
      );
    }
  }

  for (const dataset of datasets) {
    const ordered = [...dataset.segments].sort((a, b) => (a.ingestedUs < b.ingestedUs ? -1 : 1));
    const latest = ordered.at(-NEW_SEGMENTS);
    const before = latest ? ordered.filter((segment) => segment.ingestedUs < latest.ingestedUs) : [];
    if (!latest || before.length === 0) continue;
    const fresh = ordered.filter((segment) => segment.ingestedUs === latest.ingestedUs);
    // A few events say nothing about which fields there are.
    if (fresh.reduce((sum, segment) => sum + segment.rowCount, 0) < FEWEST_COMPARED_ROWS) continue;
    const old = new Set(before.flatMap((segment) => segment.columns.map((column) => column.name)));
    const now = new Set(fresh.flatMap((segment) => segment.columns.map((column) => column.name)));
    const added = [...now].filter((name) => !old.has(name));
    // Only fields that every earlier segment had are missed: sparse ones come and go.
    const steady = [...old].filter((name) =>
      before.every((s) => s.columns.some((column) => column.name === name)),
    );
    const vanished = steady.filter((name) => !now.has(name));
    if (added.length > 0 && definition.schemaMode !== "evolve") {
      warn(
        "source.health.new-fields",
        dataset.name,
        `New fields: ${shown(added)}.`,
        "Look at them; set schemaMode to evolve to accept such changes.",
      );
    }
    if (vanished.length > 0) {
      warn(
        "source.health.vanished-fields",
        dataset.name,
        `Fields that are always there are missing in the newest data: ${shown(vanished)}.`,
        "See whether the sender's settings or version changed.",
      );
    }
  }
  return issues;
}

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN_FIELDS;
  return names.slice(0, SHOWN_FIELDS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

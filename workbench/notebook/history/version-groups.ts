import type { NotebookChange, NotebookVersion } from "../../../server/api/api.ts";

/** Saves of one person in one piece of work, as the history shows them. */
export interface VersionGroup {
  /** Newest first; never empty. */
  readonly versions: readonly NotebookVersion[];
  readonly by: string | null;
  readonly kind: NotebookVersion["kind"];
}

const PAUSE_MS = 10 * 60_000;

/** Joins autosaves that follow each other within ten minutes. What was made, restored or found stands for itself. */
export function groupVersions(versions: readonly NotebookVersion[]): VersionGroup[] {
  const groups: { versions: NotebookVersion[]; by: string | null; kind: NotebookVersion["kind"] }[] = [];
  for (const version of versions) {
    const group = groups.at(-1);
    const newer = group?.versions.at(-1);
    const joins =
      group &&
      newer &&
      group.kind === "saved" &&
      version.kind === "saved" &&
      group.by === version.by &&
      Date.parse(newer.at) - Date.parse(version.at) <= PAUSE_MS;
    if (joins) group.versions.push(version);
    else groups.push({ versions: [version], by: version.by, kind: version.kind });
  }
  return groups;
}

/** What happened in a group, in words: `2 cells changed, 1 added`. */
export function changeWords(changes: readonly NotebookChange[]): string {
  const all = (pick: (change: NotebookChange) => readonly number[]) => new Set(changes.flatMap(pick));
  const added = all(({ added: ids }) => ids);
  const removed = all(({ removed: ids }) => ids);
  // A cell that came and went within the group did neither.
  const both = [...added].filter((id) => removed.has(id));
  for (const id of both) {
    added.delete(id);
    removed.delete(id);
  }
  const changed = [...all(({ changed: ids }) => ids)].filter((id) => !added.has(id) && !both.includes(id));
  const moved = [...all(({ moved: ids }) => ids)].filter((id) => !added.has(id) && !changed.includes(id));
  const parts = [
    [changed.length, "changed"],
    [added.size, "added"],
    [removed.size, "removed"],
    [moved.length, "moved"],
  ] as const;
  const words = parts
    .filter(([count]) => count > 0)
    .map(([count, word], index) =>
      index === 0 ? `${count} ${count === 1 ? "cell" : "cells"} ${word}` : `${count} ${word}`,
    );
  if (changes.some(({ heading }) => heading)) words.push("title changed");
  return words.join(", ") || "nothing changed";
}

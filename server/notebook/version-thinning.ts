/** Which versions of a notebook are worth keeping. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Saves of one person within this time count as one piece of work once they are older than an hour. */
const WORK_MS = 10 * 60_000;

export interface DatedVersion {
  readonly atMs: number;
  readonly by: string | null;
  /** Somebody did more than type: restored, made, or found it changed on disk. */
  readonly kind: "made" | "saved" | "restored" | "found";
}

/**
 * The versions to keep, in their order (oldest first). The last hour is kept whole; before it the last save of each ten
 * minutes of one person, before thirty days the last of each day. What was made, restored or found on disk is kept, and
 * so are the first and the newest version. Thinning twice is thinning once.
 */
export function thinVersions<T extends DatedVersion>(versions: readonly T[], nowMs: number): T[] {
  return versions.filter((version, index) => {
    const next = versions[index + 1];
    if (index === 0 || !next || version.kind !== "saved" || nowMs - version.atMs <= HOUR_MS) return true;
    const spanMs = nowMs - version.atMs > 30 * DAY_MS ? DAY_MS : WORK_MS;
    return next.by !== version.by || Math.floor(next.atMs / spanMs) !== Math.floor(version.atMs / spanMs);
  });
}

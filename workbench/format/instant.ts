const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** ISO text in UTC (up to six decimals) as milliseconds since the epoch; null when it is not an instant. */
export function instantMs(iso: string): number | null {
  const ms = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? iso : `${iso.replace(" ", "T")}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** `24 Nov 2026, 10:58:40` in the reader's zone (or the one given). */
export function formatLocal(ms: number, zone?: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(ms);
}

/** `2026-11-24 10:58:40 UTC`, what hovering shows. */
export function formatUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `just now`, `12 min ago`, `3 h ago`, `5 d ago`; with `in` for the future. */
export function formatAge(ms: number, nowMs: number): string {
  const distanceMs = Math.abs(nowMs - ms);
  if (distanceMs < MINUTE_MS) return "just now";
  const text = formatDuration(distanceMs);
  return ms > nowMs ? `in ${text}` : `${text} ago`;
}

/**
 * A mark on an axis of time: `18 Nov` at midnight, `14:30` between, in the reader's zone or in UTC; `14:30:05` everywhere
 * on an axis that spans less than ten minutes (`spanMs`).
 */
export function formatTick(at: Date, zone?: "UTC", spanMs = Number.POSITIVE_INFINITY): string {
  const options: Intl.DateTimeFormatOptions = zone === undefined ? {} : { timeZone: zone };
  const clock = new Intl.DateTimeFormat("en-GB", {
    ...options,
    hour: "2-digit",
    minute: "2-digit",
    ...(spanMs < 10 * MINUTE_MS ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  });
  const text = clock.format(at);
  if (text !== "00:00") return text;
  return new Intl.DateTimeFormat("en-GB", { ...options, day: "numeric", month: "short" }).format(at);
}

/** The largest unit that fits, without decimals where they say nothing: `850 ms`, `4.2 s`, `12 min`, `3 h`, `5 d`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 10_000) return `${(durationMs / 1000).toFixed(1)} s`;
  if (durationMs < MINUTE_MS) return `${Math.round(durationMs / 1000)} s`;
  if (durationMs < HOUR_MS) return `${Math.round(durationMs / MINUTE_MS)} min`;
  if (durationMs < 2 * DAY_MS) return `${Math.round(durationMs / HOUR_MS)} h`;
  return `${Math.round(durationMs / DAY_MS)} d`;
}

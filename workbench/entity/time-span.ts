/** A stretch of time on screen, milliseconds since the epoch. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

const NARROWEST_MS = 1_000;

/** The span with both ends inside the limits, as wide as before where that is possible. */
function within(span: TimeSpan, limits: TimeSpan): TimeSpan {
  const width = Math.min(Math.max(span.untilMs - span.fromMs, NARROWEST_MS), limits.untilMs - limits.fromMs);
  const fromMs = Math.min(Math.max(span.fromMs, limits.fromMs), limits.untilMs - width);
  return { fromMs, untilMs: fromMs + width };
}

/** Zooms by a factor (0.5 shows half of it) around an instant that stays where it is, never beyond the limits. */
export function zoomSpan(span: TimeSpan, factor: number, aroundMs: number, limits: TimeSpan): TimeSpan {
  const width = span.untilMs - span.fromMs;
  const share = width === 0 ? 0.5 : Math.min(1, Math.max(0, (aroundMs - span.fromMs) / width));
  const zoomed = Math.max(NARROWEST_MS, width * factor);
  const fromMs = aroundMs - share * zoomed;
  return within({ fromMs, untilMs: fromMs + zoomed }, limits);
}

/** Moves by a share of its width (0.25 a quarter to the right), never beyond the limits. */
export function panSpan(span: TimeSpan, share: number, limits: TimeSpan): TimeSpan {
  const by = (span.untilMs - span.fromMs) * share;
  return within({ fromMs: span.fromMs + by, untilMs: span.untilMs + by }, limits);
}

/** The smallest span that holds all, widened by a share on both sides; null for none. */
export function spanOf(instantsMs: readonly number[], margin = 0.02): TimeSpan | null {
  if (instantsMs.length === 0) return null;
  const fromMs = Math.min(...instantsMs);
  const untilMs = Math.max(...instantsMs);
  const room = Math.max((untilMs - fromMs) * margin, NARROWEST_MS);
  return { fromMs: fromMs - room, untilMs: untilMs + room };
}

/** The two ends in order, whatever side a drag began at. */
export function spanBetween(oneMs: number, otherMs: number): TimeSpan {
  return { fromMs: Math.min(oneMs, otherMs), untilMs: Math.max(oneMs, otherMs) };
}

/** As the API takes it. */
export function isoSpan(span: TimeSpan): { readonly from: string; readonly until: string } {
  return {
    from: new Date(Math.floor(span.fromMs)).toISOString(),
    until: new Date(Math.ceil(span.untilMs)).toISOString(),
  };
}

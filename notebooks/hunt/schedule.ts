/** When a hunt runs by itself. Browser-safe: no clock is read here. */
import { Cron } from "croner";
import type { HuntRecord } from "./hunt-record.ts";

export type HuntSchedule = NonNullable<HuntRecord["schedule"]>;

const MOST_TURNS = 1_000;

/** Why this is no schedule, in one sentence; null when it is one. */
export function scheduleProblem({ cron, zone }: Pick<HuntSchedule, "cron" | "zone">): string | null {
  if (cron.trim().split(/\s+/).length !== 5)
    return "A schedule has five fields: minute, hour, day of the month, month, day of the week.";
  try {
    return new Cron(cron, { timezone: zone, paused: true }).nextRun("2026-01-01T00:00:00") === null
      ? "This time never comes."
      : null;
  } catch (error) {
    return `It cannot be read: ${(error as Error).message}.`;
  }
}

/** The turns after `afterMs` and up to `untilMs`, milliseconds since the epoch, at most the first thousand. */
export function turnsBetween(schedule: HuntSchedule, afterMs: number, untilMs: number): number[] {
  if (scheduleProblem(schedule) !== null) return [];
  const cron = new Cron(schedule.cron, { timezone: schedule.zone, paused: true });
  const turns: number[] = [];
  let next = cron.nextRun(new Date(afterMs));
  while (next !== null && next.getTime() <= untilMs && turns.length < MOST_TURNS) {
    turns.push(next.getTime());
    next = cron.nextRun(next);
  }
  return turns;
}

/** The first turn after `afterMs`; null for a schedule that is paused, wrong or over. */
export function nextTurn(schedule: HuntSchedule, afterMs: number): number | null {
  if (schedule.paused || scheduleProblem(schedule) !== null) return null;
  return (
    new Cron(schedule.cron, { timezone: schedule.zone, paused: true })
      .nextRun(new Date(afterMs))
      ?.getTime() ?? null
  );
}

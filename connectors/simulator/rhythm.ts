import type { Random } from "./random.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const DAYS = 7;

/** People at work: a slow morning, a dip at noon, almost nobody at night. One weight an hour, UTC. */
export const OFFICE_HOURS: readonly number[] = [
  2, 1, 1, 1, 1, 3, 12, 40, 85, 100, 98, 92, 70, 82, 96, 94, 88, 70, 35, 18, 12, 9, 6, 3,
];
/** Machines that never sleep, with the office on top of them. */
export const MACHINE_HOURS: readonly number[] = OFFICE_HOURS.map((weight) => 40 + 0.6 * weight);

/** Share of a weekday's events that a Saturday or Sunday has. */
const WEEKEND_SHARE = 0.3;

/** The Monday-to-Sunday week does not matter: the seven whole UTC days before `endMs` do. */
export function weekStartBefore(endMs: number): number {
  return Math.floor(endMs / DAY_MS) * DAY_MS - DAYS * DAY_MS;
}

function dayWeight(weekStartMs: number, day: number): number {
  const weekday = new Date(weekStartMs + day * DAY_MS).getUTCDay();
  return weekday === 0 || weekday === 6 ? WEEKEND_SHARE : 1;
}

/** How many of a week's `total` events fall on `day` (0 to 6). The seven counts add up to `total`. */
export function dayCount(total: number, weekStartMs: number, day: number): number {
  let before = 0;
  let sum = 0;
  for (let index = 0; index < DAYS; index++) {
    const weight = dayWeight(weekStartMs, index);
    if (index < day) before += weight;
    sum += weight;
  }
  const after = before + dayWeight(weekStartMs, day);
  return Math.round((total * after) / sum) - Math.round((total * before) / sum);
}

/** `count` instants of one day in rising order, milliseconds since its midnight, thick where the hours weigh. */
export function instantsOfDay(random: Random, count: number, hourWeights: readonly number[]): Float64Array {
  const instants = new Float64Array(count);
  const sum = hourWeights.reduce((total, weight) => total + weight, 0);
  let reached = 0;
  let written = 0;
  for (let hour = 0; hour < 24; hour++) {
    reached += hourWeights[hour]!;
    const until = hour === 23 ? count : Math.round((count * reached) / sum);
    const here = until - written;
    for (let index = 0; index < here; index++) {
      instants[written + index] = hour * HOUR_MS + Math.floor(((index + random.next()) / here) * HOUR_MS);
    }
    written = until;
  }
  return instants;
}

/** Events that are a pure function of their number, so that any process can make any batch of them again. */

export const BATCH_EVENTS = 10_000;
const START_MS = Date.UTC(2026, 0, 5, 8);
const STEP_MS = 20;
const USERS = 100;
export const LATENESS_MS = 60_000;

/** A well mixed number of 32 bits for each number and salt (murmur3's last step). */
function mixed(number: number, salt: number): number {
  let state = Math.imul(number ^ (salt * 0x9e3779b9), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** One event of 10,000 comes five minutes late, and would have closed what was opened. */
function isLate(number: number): boolean {
  return mixed(number, 1) % 10_000 === 0;
}

/** Event times go forward, out of order by up to 50 s. */
function timeMs(number: number): number {
  return START_MS + number * STEP_MS - (isLate(number) ? 300_000 : mixed(number, 2) % 50_000);
}

function kindOf(number: number): string {
  if (isLate(number)) return "closed";
  const roll = mixed(number, 3) % 1_000;
  if (roll === 0) return "marked";
  if (roll < 8) return "opened";
  if (roll < 14) return "closed";
  return roll < 40 ? "failed" : "other";
}

/** One event of the source `auth` as a line of JSON. */
export function killEvent(number: number): string {
  return JSON.stringify({
    n: number,
    time: new Date(timeMs(number)).toISOString(),
    kind: kindOf(number),
    user: `user-${mixed(number, 4) % USERS}`,
  });
}

export function killBatch(batch: number): string {
  const lines: string[] = [];
  for (let at = 0; at < BATCH_EVENTS; at += 1) lines.push(killEvent(batch * BATCH_EVENTS + at));
  return lines.join("\n");
}

/** One event long after all others: it carries the watermark past them. */
export function lastEvent(batches: number): string {
  const time = new Date(START_MS + batches * BATCH_EVENTS * STEP_MS + 3_600_000).toISOString();
  return JSON.stringify({ n: -1, time, kind: "last", user: "nobody" });
}

export const SOURCE_YAML = `name: auth
description: Made for a test.
owner: platform
time: { fields: [time], format: iso, zone: UTC }
entities: [{ kind: user, field: user }]
stream: { allowedLatenessMs: ${LATENESS_MS} }
`;

/** A filter, a threshold over a window, and an absence whose row lies at its window's end. */
export const KILL_RULES: Readonly<Record<string, { readonly sql: string; readonly lookback: string }>> = {
  "marked-event": { lookback: "0s", sql: "select _time, \"user\", n from auth where kind = 'marked'" },
  "many-failures": {
    lookback: "2m",
    sql: `select _time, "user", failures from (
      select _time, "user", n, count(*) over (
        partition by "user" order by _time range between interval 2 minutes preceding and current row) as failures
      from auth where kind = 'failed') where failures >= 5`,
  },
  "opened-not-closed": {
    lookback: "30s",
    sql: `select a._time + interval 30 seconds as _time, a."user", count(*) as opened from auth a
      where a.kind = 'opened' and not exists (
        select 1 from auth b where b.kind = 'closed' and b."user" = a."user"
          and b._time >= a._time and b._time <= a._time + interval 30 seconds)
      group by all`,
  },
};

export function ruleYaml(name: string): string {
  return `title: ${name}
description: Made for a test.
author: hunter
owner: platform
stage: staged
timeColumn: _time
entities:
  - { column: user, kind: user }
lookback: ${KILL_RULES[name]!.lookback}
run: { mode: stream, slice: 10s }
`;
}

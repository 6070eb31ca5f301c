import assert from "node:assert/strict";
import { test } from "node:test";
import { scheduleChecks } from "../../../promote/gate/checks/schedule.ts";
import type { ScheduleReport } from "../../../promote/gate/evidence.ts";
import type { GateInput } from "../../../promote/gate/gate-input.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { owningTurn, scheduleFinds } from "../../../promote/run/schedule-finds.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { eventsSelect, START_US, testRule } from "./rules.ts";

const DAY_S = 86_400;
const RUN = { mode: "batch", cron: "*/15 * * * *", zone: "UTC" } as const;
const OLD = "SELECT host FROM events GROUP BY ALL HAVING max(_time) - min(_time) > to_days(4)";
/** A kind that a host which is known for more than four days does for the first time. */
const FIRST_SEEN = `SELECT min(_time) AS _time, host, kind FROM events WHERE host IN (${OLD}) GROUP BY host, kind
  HAVING min(_time) > (SELECT min(_time) FROM events e WHERE e.host = events.host) + to_days(4)`;

async function findsOf(rules: readonly Rule[]): Promise<ScheduleReport[]> {
  const lake = new TestLake();
  try {
    const second = (day: number) => day * DAY_S;
    await lake.add(
      "events",
      eventsSelect([
        ...[0, 1, 2, 3, 4, 5].map((day) => ({ second: second(day), host: "h1", kind: "good", n: 1 })),
        { second: second(5) + 60, host: "h1", kind: "bad", n: 1 },
      ]),
    );
    const found: ScheduleReport[] = [];
    for (const rule of rules) found.push(await scheduleFinds({ rule, engine: lake.engine, clock: () => 0 }));
    return found;
  } finally {
    await lake.close();
  }
}

function stateOf(rule: Rule, schedule: ScheduleReport | null): string | undefined {
  return scheduleChecks({ rule, schedule } as GateInput)[0]?.state;
}

test("a turn owns what happened between the turn before, less the lateness, and itself", () => {
  const rule = testRule({ sql: "", run: RUN, allowedLatenessMs: 60_000 });
  const quarterUs = 900_000_000n;
  const turn = owningTurn(rule, START_US + 1n)!;
  assert.equal(turn.untilUs - turn.afterUs, quarterUs);
  assert.ok(turn.afterUs < START_US + 1n && START_US + 1n <= turn.untilUs);
  assert.deepEqual(owningTurn(rule, turn.untilUs), turn);
  assert.equal(owningTurn(rule, turn.untilUs + 1n)!.afterUs, turn.untilUs);
});

test("a schedule that sees two days misses what only all history shows", async () => {
  const short = testRule({ sql: FIRST_SEEN, run: RUN, lookbackMs: 2 * DAY_S * 1000 });
  const whole = testRule({ sql: FIRST_SEEN, run: RUN, lookbackMs: 3650 * DAY_S * 1000 });
  const plain = testRule({
    sql: "SELECT max(_time) AS _time, host, count(*) AS c FROM events WHERE kind = 'bad' GROUP BY host, time_bucket(INTERVAL 1 hour, _time) HAVING count(*) >= 1",
    run: RUN,
    lookbackMs: 3_600_000,
  });
  const [missing, found, threshold] = await findsOf([short, whole, plain]);
  assert.equal(missing!.checked, 1);
  assert.equal(missing!.found, 0);
  assert.equal(stateOf(short, missing!), "failed");
  assert.match(
    scheduleChecks({ rule: short, schedule: missing! } as GateInput)[0]!.remedy,
    /Widen the lookback/,
  );
  assert.deepEqual([found!.checked, found!.found], [1, 1]);
  assert.equal(stateOf(whole, found!), "passed");
  assert.deepEqual([threshold!.checked, threshold!.found], [1, 1]);
  assert.equal(stateOf(plain, threshold!), "passed");
  assert.equal(stateOf(whole, null), "waiting");
  assert.equal(stateOf(testRule({ sql: "", run: { mode: "stream", sliceMs: 1000 } }), null), undefined);
});

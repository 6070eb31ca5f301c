import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SERVICE_COMMAND } from "../../../connectors/simulator/intrusion.ts";
import { liveEvents } from "../../../connectors/simulator/live.ts";

const AT_MS = Date.parse("2026-11-24T10:00:00Z");

function parse(ndjson: string): Record<string, unknown>[] {
  assert.ok(ndjson.endsWith("\n"));
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("live events are deterministic, in time order, and end at the time that was asked", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: AT_MS - 86_400_000, max: AT_MS }),
      fc.boolean(),
      (seed, count, atMs, intrusion) => {
        const text = liveEvents({ seed, atMs, count, intrusion });
        assert.equal(liveEvents({ seed, atMs, count, intrusion }), text);
        const events = parse(text);
        assert.equal(events.length, count + (intrusion ? 2 : 0));
        const times = events.map((event) => Date.parse(String(event["@timestamp"])));
        assert.equal(times.at(-1), atMs);
        for (const time of times) assert.ok(time > atMs - 60_001 && time <= atMs);
      },
    ),
    { numRuns: 25 },
  );
});

test("the intrusion's service creation is in them only when asked", () => {
  const attack = (events: Record<string, unknown>[]) =>
    events.filter((event) => event.EventID === 1 && event.CommandLine === SERVICE_COMMAND);
  assert.equal(attack(parse(liveEvents({ seed: 3, atMs: AT_MS, count: 500 }))).length, 0);
  const [found, ...more] = attack(parse(liveEvents({ seed: 3, atMs: AT_MS, count: 500, intrusion: true })));
  assert.equal(more.length, 0);
  assert.equal(found?.Hostname, "APP03.lantern.example");
  assert.match(String(found?.ParentImage), /\\services\.exe$/);
});

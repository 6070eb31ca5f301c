import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { listValue } from "@duckdb/node-api";
import fc from "fast-check";
import { quickIso, slowIso } from "../../../connectors/load/event-time.ts";
import type { TimeField } from "../../../connectors/source/source.ts";
import { openSession } from "../../../connectors/sql/session.ts";

const digits = (count: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }).map((ds) => ds.join(""));
const padded = (most: number, width: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(width, "0"));
const ZONES = ["Z", "z", "", " Z", "UTC", "+05Z", "+05:30", "-0800", "+00", " EST Z", "EZ", "Z "];
const fraction = fc.oneof(
  fc.constant(""),
  fc.integer({ min: 1, max: 9 }).chain((count) => digits(count).map((ds) => `.${ds}`)),
  fc.constantFrom(".", ",123", ".12a"),
);
const sound = fc
  .tuple(
    fc.oneof(padded(9999, 4), fc.constantFrom("-294", " 123", "+123", "12 3", "1/23", "٢٠٢٦", "0000")),
    fc.oneof(padded(13, 2), fc.constantFrom(" 1", "1 ", "-1")),
    fc.oneof(padded(32, 2), fc.constantFrom(" 1", "1 ", "-1")),
    fc.constantFrom("T", " ", "T", " ", "t"),
    fc.oneof(padded(25, 2), fc.constantFrom(" 1", "1 ", "-1")),
    fc.oneof(padded(61, 2), fc.constantFrom(" 1", "1 ")),
    fc.oneof(padded(61, 2), fc.constantFrom(" 1", "1 ")),
    fraction,
    fc.constantFrom(...ZONES),
  )
  .map(([y, mo, d, t, h, mi, s, f, z]) => `${y}-${mo}-${d}${t}${h}:${mi}:${s}${f}${z}`);
const usual = fc
  .tuple(
    fc.date({ min: new Date(-62167219200000), max: new Date(253402300799999), noInvalidDate: true }),
    fc.constantFrom(0, 3, 6, 7, 9),
    fc.boolean(),
  )
  .map(([date, places, isTogether]) => {
    const second = date.toISOString().slice(0, 19);
    const rest =
      places === 0
        ? ""
        : `.${String(date.getTime() % 997)
            .replace("-", "")
            .padEnd(places, "4")
            .slice(0, places)}`;
    return isTogether ? `${second}${rest}Z` : `${second.replace("T", " ")}${rest}`;
  });
/** A sound text with one character changed, taken out or put in. */
const damaged = fc
  .tuple(
    fc.oneof(sound, usual),
    fc.nat({ max: 32 }),
    fc.constantFrom("", "-", ":", " ", "T", "Z", "0", "9", "+", "é", "\t"),
    fc.nat(1),
  )
  .map(([text, at, put, taken]) => text.slice(0, at) + put + text.slice(at + taken));
const special = fc.constantFrom(
  "infinity",
  "-infinity",
  "epoch",
  "",
  "Z",
  "____-__-__T__:__:__Z",
  "294247-01-10T04:00:54Z",
);

test("what the quick way reads of an instant is what the full way reads, and it is finite", async () => {
  const scratchDirectory = mkdtempSync(join(tmpdir(), "spoor-event-time-"));
  const session = await openSession({ scratchDirectory, memoryLimit: "512MB", threads: 1 });
  try {
    let quickCount = 0;
    const time: TimeField = { fields: ["at"], format: "auto", zone: "UTC" };
    const sql = `SELECT written, epoch_us(quick), quick IS NOT DISTINCT FROM slow AND isfinite(quick)
      FROM (SELECT written, ${quickIso("written", time)} AS quick, ${slowIso("written", time)} AS slow
            FROM (SELECT unnest(getvariable('files')) AS written)) WHERE quick IS NOT NULL`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 3, arbitrary: usual },
            { weight: 3, arbitrary: sound },
            { weight: 3, arbitrary: damaged },
            special,
          ),
          {
            minLength: 300,
            maxLength: 300,
          },
        ),
        async (texts) => {
          await session.set("files", listValue(texts));
          const rows = await session.rows(sql);
          quickCount += rows.length;
          for (const [text, quick, isSame] of rows)
            assert.equal(isSame, true, `${JSON.stringify(text)} is quickly ${quick}`);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
    assert.equal(quickIso("written", { ...time, zone: "America/New_York" }), null);
    assert.ok(quickCount > 1_000, `${quickCount} texts were read the quick way`);
  } finally {
    session.close();
    rmSync(scratchDirectory, { recursive: true, force: true });
  }
});

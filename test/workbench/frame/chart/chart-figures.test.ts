import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beaconFigures } from "../../../../workbench/frame/chart/beacon-intervals.ts";
import { bytesText, countShort, shareText } from "../../../../workbench/frame/chart/chart-frame.ts";
import { findField, labelOf, requireField, timeMsOf } from "../../../../workbench/frame/chart/chart-rows.ts";
import { weekCounts, weekSlotter } from "../../../../workbench/frame/chart/hour-of-week.ts";
import { drawnNetwork, EdgeSums, type NetworkEdge } from "../../../../workbench/frame/chart/network-edges.ts";
import { networkLayout, seeded } from "../../../../workbench/frame/chart/network-layout.ts";
import { stackValues } from "../../../../workbench/frame/chart/stack-count.ts";
import { topGroups } from "../../../../workbench/frame/chart/top-groups.ts";

test("a missing field is an error that names it and lists what is there", () => {
  const rows = [{ a: 1, b: 2 }];
  assert.throws(
    () => requireField(rows, { chart: "eventRate", option: "time", given: "_tme", usual: [] }),
    /eventRate.*"_tme".*option time.*a, b/,
  );
  assert.throws(
    () => requireField(rows, { chart: "eventRate", option: "time", given: undefined, usual: ["_time"] }),
    /option time.*_time.*a, b/,
  );
  assert.equal(findField(rows, { chart: "x", option: "host", given: undefined, usual: ["HOST"] }), null);
  assert.equal(findField(rows, { chart: "x", option: "host", given: undefined, usual: ["A"] })?.name, "a");
  assert.equal(requireField([], { chart: "x", option: "time", given: "t", usual: [] }).name, "t");
});

test("times of many kinds, labels of nothing", () => {
  const at = Date.UTC(2026, 10, 24, 13, 5);
  for (const value of [
    new Date(at),
    at,
    BigInt(at),
    "2026-11-24 13:05",
    "2026-11-24T13:05:00Z",
    "2026-11-24T14:05:00+01:00",
  ])
    assert.equal(timeMsOf(value), at, String(value));
  for (const value of [null, undefined, "", "13:05", {}]) assert.ok(Number.isNaN(timeMsOf(value)));
  assert.deepEqual([null, undefined, "", 0, 9007199254740993n, false].map(labelOf), [
    "(missing)",
    "(missing)",
    "(empty)",
    "0",
    "9007199254740993",
    "false",
  ]);
});

test("hours of the week follow the clock of the zone, over a change of the clocks too", () => {
  const utc = weekSlotter("UTC");
  const berlin = weekSlotter("Europe/Berlin");
  const kathmandu = weekSlotter("Asia/Kathmandu");
  const monday = Date.UTC(2026, 10, 16);
  assert.equal(utc(monday), 0);
  assert.equal(utc(monday - 1), 167);
  assert.equal(berlin(Date.UTC(2026, 6, 6, 22, 30)), 24);
  assert.equal(berlin(Date.UTC(2026, 10, 16, 22, 30)), 23);
  assert.equal(kathmandu(monday + 18 * 3_600_000 + 15 * 60_000), 24);
  assert.throws(() => weekSlotter("Mars/Olympus"), /no time zone/);
});

test("hours that the data do not reach are not zero", () => {
  const monday = Date.UTC(2026, 10, 16, 8);
  const { counts, covered, missing } = weekCounts(
    Float64Array.of(monday, monday + 2 * 3_600_000, Number.NaN),
    weekSlotter("UTC"),
  );
  assert.deepEqual([...covered.slice(7, 12)], [0, 1, 1, 1, 0]);
  assert.deepEqual([...counts.slice(7, 12)], [0, 1, 0, 1, 0]);
  assert.equal(missing, 1);
});

test("stack counting: counts, hosts and times of each value", () => {
  const rows = [
    { v: "a", h: "x", t: 3 },
    { v: "b", h: "x", t: 1 },
    { v: "a", h: "y", t: 2 },
    { v: null, h: null, t: 9 },
  ];
  const values = stackValues(
    rows,
    (row) => labelOf(row.v),
    (row) => row.h,
    (row) => row.t,
  );
  assert.deepEqual(
    values.map(({ value, count, hosts, onlyHost, firstMs, lastMs }) => [
      value,
      count,
      hosts,
      onlyHost,
      firstMs,
      lastMs,
    ]),
    [
      ["a", 2, 2, null, 2, 3],
      ["b", 1, 1, "x", 1, 1],
      ["(missing)", 1, 1, "(missing)", 9, 9],
    ],
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "", "__proto__"), { minLength: 1 }), (texts) => {
      const found = stackValues(
        texts.map((v) => ({ v })),
        (row) => labelOf(row.v),
        null,
        null,
      );
      assert.equal(
        found.reduce((sum, { count }) => sum + count, 0),
        texts.length,
      );
      assert.ok(Math.abs(found.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
    }),
  );
});

test("groups are the most frequent values and the rest", () => {
  const rows = ["a", "a", "a", "b", "b", "c", "d"].map((v) => ({ v }));
  const groups = topGroups(rows, { name: "v", read: (row) => row.v }, 3);
  assert.deepEqual(groups.names, ["a", "b", "Other"]);
  assert.deepEqual([...groups.of], [0, 0, 0, 1, 1, 2, 2]);
  assert.equal(groups.otherValues, 2);
});

test("a beacon scores above chance, with gaps and jitter", () => {
  const beacon = Array.from(
    { length: 200 },
    (_one, index) => index * 60_000 + ((index * 7919) % 3000),
  ).filter((_at, index) => index < 80 || index > 120);
  const next = seeded(3);
  const noise = Array.from({ length: 200 }, () => next() * 12_000_000).sort((a, b) => a - b);
  const [first, second] = [beaconFigures(beacon)!, beaconFigures(noise)!];
  assert.ok(first.score > 0.85, String(first.score));
  assert.ok(Math.abs(first.medianMs - 60_000) < 3000);
  assert.ok(second.score < first.score - 0.2, `${second.score} against ${first.score}`);
  assert.equal(beaconFigures([1, 2, 3]), null);
  assert.equal(beaconFigures([5, 5, 5, 5, 5]), null);
});

const star = (hub: string, leaves: number): NetworkEdge[] =>
  Array.from({ length: leaves }, (_leaf, index) => ({
    source: hub,
    target: `${hub}-${index}`,
    count: 1 + (index % 5),
    bytes: 10,
  }));

test("a network up to the limit is drawn whole; above it, what is not drawn is counted", () => {
  const small = [...star("a", 5), { source: "a", target: "b", count: 1, bytes: 1 }];
  assert.deepEqual(drawnNetwork(small, 6).edges, small);
  const many = [...star("a", 50), ...star("b", 50), { source: "a", target: "b", count: 1, bytes: 1 }];
  const grouped = drawnNetwork(many, 20);
  assert.equal(grouped.grouped, 100);
  assert.equal(grouped.edges.length, 3);
  assert.equal(grouped.leftOut.edges, 0);
  assert.equal(
    grouped.edges.reduce((sum, { count }) => sum + count, 0),
    many.reduce((sum, { count }) => sum + count, 0),
  );
  const mesh = new EdgeSums();
  for (let one = 0; one < 40; one += 1)
    for (let other = 0; other < 40; other += 1)
      if (one !== other) mesh.add(`n${one}`, `n${other}`, one + other, 1);
  const cut = drawnNetwork(mesh.edges, 500);
  assert.equal(cut.edges.length, 500);
  assert.equal(cut.leftOut.edges, 40 * 39 - 500);
  assert.ok(Math.min(...cut.edges.map(({ count }) => count)) >= 40);
});

test("the same network has the same layout, however the work is cut", () => {
  const network = drawnNetwork(
    [...star("a", 30), ...star("b", 12), { source: "a", target: "b", count: 1, bytes: 1 }],
    2000,
  );
  const settle = (clock: () => number) => {
    const layout = networkLayout(network, () => 4, clock);
    let calls = 0;
    while (!layout.work(10)) calls += 1;
    return { places: layout.nodes.map(({ x, y }) => [x, y]), calls };
  };
  let now = 0;
  const slow = settle(() => {
    now += 100;
    return now;
  });
  const quick = settle(() => 0);
  assert.ok(slow.calls > quick.calls);
  assert.deepEqual(slow.places, quick.places);
  assert.ok(slow.places.flat().every(Number.isFinite));
});

test("two thousand edges settle", () => {
  const edges = Array.from({ length: 2000 }, (_edge, index) => ({
    source: `s${index % 100}`,
    target: `t${(index * 31) % 300}`,
    count: 1,
    bytes: 1,
  }));
  const layout = networkLayout(
    drawnNetwork(edges, 2000),
    () => 4,
    () => performance.now(),
  );
  const before = performance.now();
  while (!layout.work(10));
  assert.ok(performance.now() - before < 15_000);
});

test("figures as text never round something to nothing", () => {
  assert.deepEqual([0, 1e-9, 0.012, 0.5, 0.999999, 1].map(shareText), [
    "0.00 %",
    "<0.01 %",
    "1.20 %",
    "50.0 %",
    ">99.99 %",
    "100.0 %",
  ]);
  assert.deepEqual([0, 999, 1000, 1_234_567, 2e15].map(bytesText), [
    "0 B",
    "999 B",
    "1 kB",
    "1.2 MB",
    "2 PB",
  ]);
  assert.deepEqual([0, 9999, 12_345, 3e6].map(countShort), ["0", "9,999", "12.3k", "3M"]);
});

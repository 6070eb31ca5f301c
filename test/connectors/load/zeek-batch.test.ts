import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertBalanced, openLake } from "./lake.ts";

const HEADER = [
  "#separator \\x09",
  "#set_separator\t,",
  "#empty_field\t(empty)",
  "#unset_field\t-",
  "#path\tconn",
  "#open\t2026-01-01-00-00-00",
  "#fields\tts\tuid\tid.orig_p\tduration\tlocal\tservices\tTTLs\tnote",
  "#types\ttime\tstring\tport\tinterval\tbool\tset[string]\tvector[interval]\tstring",
];

const cell = {
  time: fc.oneof(
    fc.nat(2_000_000_000).map((s) => `${s}.${String(s % 1_000_000).padStart(6, "0")}`),
    fc.constant("-"),
  ),
  text: fc.oneof(
    fc.constantFrom(
      "-",
      "(empty)",
      "",
      "C1",
      "a b",
      '"q"',
      "'x",
      "é",
      "#no",
      " lead",
      "trail ",
      "\\x09",
      "a\\\\b",
      "NULL",
    ),
    fc.string({ maxLength: 6 }).map((s) => s.replace(/[\t\r\n]/g, "")),
  ),
  port: fc.oneof(fc.nat(65_535).map(String), fc.constant("-")),
  interval: fc.oneof(
    fc.constantFrom("-", "0.000000", "300", "1.5e-05", "12.000001"),
    fc.nat(99).map((n) => `${n}.250000`),
  ),
  bool: fc.constantFrom("T", "F", "-"),
  set: fc.constantFrom("-", "(empty)", "a", "a,b", "a,-,c", "(empty),x", "x\\x2cy"),
  vector: fc.constantFrom("-", "(empty)", "1.000000", "1.000000,300.500000", "2"),
};
const row = fc
  .tuple(cell.time, cell.text, cell.port, cell.interval, cell.bool, cell.set, cell.vector, cell.text)
  .map((cells) => cells.join("\t"));
const wrong = fc.constantFrom("1.000000\tonly two", "a\tb\tc\td\te\tf\tg\th\ti", "lonely");
const odd = fc.constantFrom("1.000000\tC9\tnot a port\t-\t-\t-\t-\t-", "yesterday\tC9\t1\t-\t-\t-\t-\t-");

test("a Zeek log read by DuckDB gives the same rows as one read line by line", async (t) => {
  const lake = await openLake(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 12, arbitrary: row }, { weight: 1, arbitrary: wrong }), {
        minLength: 1,
        maxLength: 20,
      }),
      fc.option(odd, { freq: 1 }),
      async (lines, misfit) => {
        const n = run++;
        const body = [
          ...lines.filter((l) => l !== "" && !l.startsWith("#")),
          ...(misfit === null ? [] : [misfit]),
        ];
        const plain = lake.file(
          `conn_${n}.log`,
          [...HEADER, ...body, "#close\t2026-01-02-00-00-00", ""].join("\n"),
        );
        // A second #fields line at the end makes the log one of many parts, which is read line by line.
        const parts = lake.file(`conn_${n}_parts.log`, [...HEADER, ...body, HEADER[6], ""].join("\n"));
        const fast = await lake.load(`fast_${n}`, [plain]);
        const slow = await lake.load(`slow_${n}`, [parts]);
        assertBalanced(fast);
        assert.deepEqual([fast.read, fast.good, fast.quarantined], [slow.read, slow.good, slow.quarantined]);
        assert.deepEqual(
          fast.rejects.map(({ line, code, text }) => [line, code, text]),
          slow.rejects.map(({ line, code, text }) => [line, code, text]),
        );
        const left = lake.registry.get(`fast_${n}_conn`);
        const right = lake.registry.get(`slow_${n}_conn`);
        assert.deepEqual(left?.columns, right?.columns);
        if (!left || !right) return;
        const sorted = (rows: unknown[][]): string[] =>
          rows.map((r) => JSON.stringify(r, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v)));
        const names = (of: typeof left): string =>
          [...new Set(of.segments.flatMap((s) => s.columns.map((c) => c.name)))]
            .sort()
            .map((c) => `, "${c}"`)
            .join("");
        assert.equal(names(left), names(right));
        const query = (of: typeof left): string => `SELECT _line, _time${names(of)} FROM data ORDER BY _line`;
        assert.deepEqual(
          sorted(await lake.rows(left, query(left))),
          sorted(await lake.rows(right, query(right))),
        );
      },
    ),
    { numRuns: 40, seed: 7717 },
  );
});

test("rows of the wrong width go to quarantine with their line", async (t) => {
  const lake = await openLake(t);
  const path = lake.file(
    "conn.log",
    [...HEADER, "1.000000\tC1\t1\t-\tT\t-\t-\tx", "too\tfew", "2.000000\tC2\t2\t-\tF\t-\t-\ty", ""].join(
      "\n",
    ),
  );
  const report = await lake.load("width", [path]);
  assert.deepEqual([report.read, report.good, report.quarantined], [3, 2, 1]);
  assert.deepEqual(
    report.rejects.map((r) => [r.line, r.code, r.text]),
    [[10, "zeek.too-few-columns", "too\tfew"]],
  );
  const rows = await lake.rows(
    lake.registry.get("width_conn")!,
    `SELECT _line, uid, "id.orig_p", local, epoch_us(_time) FROM data ORDER BY 1`,
  );
  assert.deepEqual(rows, [
    [9n, "C1", 1n, true, 1_000_000n],
    [11n, "C2", 2n, false, 2_000_000n],
  ]);
});

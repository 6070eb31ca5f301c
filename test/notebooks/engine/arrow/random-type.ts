import type { Batch } from "@uwdata/flechette";
import fc from "fast-check";

/** A DuckDB type of a test: how its values are written in SQL, printed by DuckDB and read from Arrow's own buffers. */
export interface TestType {
  readonly sql: string;
  /** Expressions of this type, NULL now and then. */
  readonly literal: fc.Arbitrary<string>;
  /** SQL of the JSON-able print of an expression: every leaf is DuckDB's own text. */
  readonly print: (expression: string, depth: number) => string;
  /** The same of row `at` of an Arrow batch, from its raw buffers where flechette would round. */
  readonly read: (batch: RawBatch, at: number) => unknown;
}

/** What is looked at of flechette's batches. */
export type RawBatch = Batch<unknown> & {
  readonly values: ArrayLike<number | bigint>;
  readonly offsets: ArrayLike<number>;
  readonly children: readonly RawBatch[];
  readonly stride?: number;
  isValid(at: number): boolean;
};

type Read = (batch: RawBatch, at: number) => string;

function isNull(batch: RawBatch, at: number): boolean {
  return batch.nullCount > 0 && batch.validity !== undefined && batch.validity !== null
    ? !batch.isValid(at)
    : false;
}

function scalar(
  sql: string,
  values: fc.Arbitrary<string>,
  read: Read,
  print = "CAST(? AS VARCHAR)",
): TestType {
  const literal = values.map((text) => `CAST('${text.replaceAll("'", "''")}' AS ${sql})`);
  return {
    sql,
    literal: fc.oneof({ weight: 4, arbitrary: literal }, { weight: 1, arbitrary: fc.constant("NULL") }),
    print: (expression) => print.replaceAll("?", expression),
    read: (batch, at) => (isNull(batch, at) ? null : read(batch, at)),
  };
}

const plain: Read = (batch, at) => String(batch.at(at));

function integers(sql: string, low: bigint, high: bigint): TestType {
  return scalar(
    sql,
    fc.oneof(fc.constantFrom(low, high, 0n), fc.bigInt({ min: low, max: high })).map(String),
    plain,
  );
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return `${value < 0n ? "-" : ""}${whole}`;
}

/** DuckDB writes no zero before the point when every digit is behind it. */
function decimalPrint(value: bigint, width: number, scale: number): string {
  const text = decimalText(value, scale);
  return width === scale ? text.replace("0.", ".") : text;
}

function decimals(width: number, scale: number): TestType {
  const limit = 10n ** BigInt(width) - 1n;
  return scalar(
    `DECIMAL(${width},${scale})`,
    fc
      .oneof(fc.constantFrom(limit, -limit, 0n, 1n, -1n), fc.bigInt({ min: -limit, max: limit }))
      .map((value) => decimalText(value, scale)),
    (batch, at) => decimalPrint(BigInt(batch.at(at) as bigint), width, scale),
  );
}

function fraction(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits, "0").replace(/0+$/, "");
  return text === "" ? "" : `.${text}`;
}

function floorDivide(value: bigint, by: bigint): [bigint, bigint] {
  const rest = ((value % by) + by) % by;
  return [(value - rest) / by, rest];
}

function dateText(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
}

function clockText(seconds: bigint): string {
  const two = (value: bigint) => value.toString().padStart(2, "0");
  return `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
}

/** DuckDB's print of an instant of `digits` decimal places of a second. */
function instantText(value: bigint, digits: number): string {
  const [seconds, rest] = floorDivide(value, 10n ** BigInt(digits));
  const [days, second] = floorDivide(seconds, 86_400n);
  return `${dateText(days)} ${clockText(second)}${fraction(rest, digits)}`;
}

const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

function instants(sql: string, digits: number, zone = ""): TestType {
  const step = 10n ** BigInt(digits);
  const [low, high] =
    digits === 9
      ? [-(2n ** 62n) * 2n + 10n ** 15n, 2n ** 63n - 10n ** 10n]
      : [FIRST_SECOND * step, LAST_SECOND * step];
  return scalar(
    sql,
    fc
      .oneof(fc.constantFrom(0n, -1n, 1n), fc.bigInt({ min: low, max: high }))
      .map((value) => instantText(value, digits) + zone),
    (batch, at) => instantText(BigInt(batch.values[at]!), digits) + zone,
  );
}

/** DuckDB's print of an interval of months, days and microseconds. */
function intervalText(months: number, days: number, micros: bigint): string {
  const parts: string[] = [];
  const part = (count: number, name: string) => {
    if (count !== 0) parts.push(`${count} ${name}${Math.abs(count) === 1 ? "" : "s"}`);
  };
  part(Math.trunc(months / 12), "year");
  part(months % 12, "month");
  part(days, "day");
  if (micros !== 0n || parts.length === 0) {
    const size = micros < 0n ? -micros : micros;
    parts.push(`${micros < 0n ? "-" : ""}${clockText(size / 1_000_000n)}${fraction(size % 1_000_000n, 6)}`);
  }
  return parts.join(" ");
}

const intervals = scalar(
  "INTERVAL",
  fc
    .tuple(
      fc.integer({ min: -30_000, max: 30_000 }),
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
    )
    .map(([months, days, micros]) => `${months} months ${days} days ${micros} microseconds`),
  (batch, at) => {
    const bytes = batch.values as unknown as Uint8Array;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const months = view.getInt32(at * 16, true);
    const days = view.getInt32(at * 16 + 4, true);
    return intervalText(months, days, view.getBigInt64(at * 16 + 8, true) / 1000n);
  },
);

const texts = fc.oneof(
  fc.constantFrom("", "exactly12byt", "thirteen char", "[x, y]", "{'a': 1}", "NULL", '"'),
  fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
);
const bytes = fc.uint8Array({ maxLength: 30 });

/** Numbers are compared as numbers: DuckDB and JavaScript write them differently. */
function floats(sql: "FLOAT" | "DOUBLE"): TestType {
  const values = fc.oneof(
    fc.constantFrom("nan", "inf", "-inf", "0", "-0.0", "1e-300", "3.5"),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  );
  const safe =
    sql === "DOUBLE"
      ? values
      : fc.oneof(
          fc.constantFrom("nan", "inf", "-inf"),
          fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
        );
  const read: Read = (batch, at) => {
    const value = batch.at(at) as number;
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, value);
    return Number.isNaN(value) ? "nan" : bits.getBigUint64(0).toString();
  };
  return { ...scalar(sql, safe, read), print: (expression) => `CAST(${expression} AS DOUBLE)` };
}

const enumValues = (count: number) => Array.from({ length: count }, (_, at) => `it's ${at}`);
function enums(count: number): TestType {
  const values = enumValues(count);
  return scalar(
    `ENUM(${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ")})`,
    fc.constantFrom(values[0]!, values.at(-1)!, values[Math.floor(count / 2)]!),
    plain,
  );
}

export const SCALARS: readonly TestType[] = [
  scalar("BOOLEAN", fc.constantFrom("true", "false"), plain),
  integers("TINYINT", -128n, 127n),
  integers("SMALLINT", -32_768n, 32_767n),
  integers("INTEGER", -(2n ** 31n), 2n ** 31n - 1n),
  integers("BIGINT", -(2n ** 63n), 2n ** 63n - 1n),
  integers("UTINYINT", 0n, 255n),
  integers("USMALLINT", 0n, 65_535n),
  integers("UINTEGER", 0n, 2n ** 32n - 1n),
  integers("UBIGINT", 0n, 2n ** 64n - 1n),
  integers("HUGEINT", -(2n ** 127n), 2n ** 127n - 1n),
  integers("UHUGEINT", 0n, 2n ** 128n - 1n),
  decimals(1, 0),
  decimals(4, 4),
  decimals(5, 2),
  decimals(9, 9),
  decimals(10, 3),
  decimals(18, 18),
  decimals(19, 0),
  decimals(38, 37),
  decimals(38, 0),
  floats("FLOAT"),
  floats("DOUBLE"),
  scalar("VARCHAR", texts, plain),
  scalar(
    "BLOB",
    bytes.map((value) => [...value].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")),
    (batch, at) =>
      Buffer.from(batch.at(at) as Uint8Array)
        .toString("hex")
        .toUpperCase(),
    "hex(?)",
  ),
  scalar("BIT", fc.stringMatching(/^[01]{1,70}$/), plain),
  scalar("UUID", fc.uuid(), plain),
  scalar("BIGNUM", fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }).map(String), plain),
  scalar("JSON", fc.json({ maxDepth: 2 }), plain),
  scalar(
    "DATE",
    fc.bigInt({ min: FIRST_SECOND / 86_400n, max: LAST_SECOND / 86_400n }).map(dateText),
    (batch, at) => dateText(BigInt(batch.values[at]!)),
  ),
  scalar(
    "TIME",
    fc
      .bigInt({ min: 0n, max: 86_399_999_999n })
      .map((value) => clockText(value / 1_000_000n) + fraction(value % 1_000_000n, 6)),
    (batch, at) => {
      const value = BigInt(batch.values[at]!);
      return clockText(value / 1_000_000n) + fraction(value % 1_000_000n, 6);
    },
  ),
  scalar(
    "TIME WITH TIME ZONE",
    fc
      .tuple(
        fc.bigInt({ min: 0n, max: 86_399n }),
        fc.integer({ min: -14, max: 14 }),
        fc.constantFrom("", ":30", ":45"),
      )
      .map(
        ([second, hours, minutes]) =>
          `${clockText(second)}${hours < 0 ? "-" : "+"}${String(Math.abs(hours)).padStart(2, "0")}${minutes}`,
      ),
    plain,
  ),
  instants("TIMESTAMP", 6),
  instants("TIMESTAMP_S", 0),
  instants("TIMESTAMP_MS", 3),
  instants("TIMESTAMP_NS", 9),
  instants("TIMESTAMP WITH TIME ZONE", 6, "+00"),
  intervals,
  enums(2),
  enums(300),
];

/** DuckDB cannot tell the tree of a cast to a nested type with an ENUM in it: those are tested apart. */
const INNER = SCALARS.filter((type) => !type.sql.startsWith("ENUM"));

const NESTED_NULL = { weight: 1, arbitrary: fc.constant("NULL") };

function listOf(item: TestType): TestType {
  const sql = `${item.sql}[]`;
  const literal = fc
    .array(item.literal, { maxLength: 4 })
    .map((items) => `CAST([${items.join(", ")}] AS ${sql})`);
  return {
    sql,
    literal: fc.oneof({ weight: 4, arbitrary: literal }, NESTED_NULL),
    print: (expression, depth) =>
      `list_transform(${expression}, lambda x${depth}: ${item.print(`x${depth}`, depth + 1)})`,
    read: (batch, at) => {
      if (isNull(batch, at)) return null;
      const items: unknown[] = [];
      for (let one = batch.offsets[at]!; one < batch.offsets[at + 1]!; one += 1)
        items.push(item.read(batch.children[0]!, one));
      return items;
    },
  };
}

function arrayOf(item: TestType, size: number): TestType {
  const sql = `${item.sql}[${size}]`;
  const literal = fc
    .array(item.literal, { minLength: size, maxLength: size })
    .map((items) => `CAST([${items.join(", ")}] AS ${sql})`);
  return {
    sql,
    literal: fc.oneof({ weight: 4, arbitrary: literal }, NESTED_NULL),
    print: (expression, depth) =>
      `list_transform(CAST(${expression} AS ${item.sql}[]), lambda x${depth}: ${item.print(`x${depth}`, depth + 1)})`,
    read: (batch, at) =>
      isNull(batch, at)
        ? null
        : Array.from({ length: size }, (_, one) => item.read(batch.children[0]!, at * size + one)),
  };
}

function structOf(fields: readonly TestType[]): TestType {
  const names = ["f", '"q""x"', '"a b"'].slice(0, fields.length);
  const keys = ["f", 'q"x', "a b"];
  const sql = `STRUCT(${fields.map((field, at) => `${names[at]} ${field.sql}`).join(", ")})`;
  const literal = fc
    .tuple(...fields.map((field) => field.literal))
    .map((values) => `CAST(ROW(${values.join(", ")}) AS ${sql})`);
  return {
    sql,
    literal: fc.oneof({ weight: 4, arbitrary: literal }, NESTED_NULL),
    print: (expression, depth) => {
      const parts = fields.map(
        (field, at) =>
          `${names[at]} := ${field.print(`struct_extract(${expression}, '${keys[at]}')`, depth)}`,
      );
      return `CASE WHEN ${expression} IS NOT NULL THEN struct_pack(${parts.join(", ")}) END`;
    },
    read: (batch, at) =>
      isNull(batch, at)
        ? null
        : Object.fromEntries(fields.map((field, one) => [keys[one], field.read(batch.children[one]!, at)])),
  };
}

function mapOf(value: TestType): TestType {
  const sql = `MAP(VARCHAR, ${value.sql})`;
  const literal = fc.array(value.literal, { maxLength: 3 }).map((values) => {
    const entries = values.map((one, at) => `'key ${at} ${"x".repeat(at * 9)}': ${one}`);
    return `CAST(MAP {${entries.join(", ")}} AS ${sql})`;
  });
  return {
    sql,
    literal: fc.oneof({ weight: 4, arbitrary: literal }, NESTED_NULL),
    print: (expression, depth) =>
      `list_transform(map_entries(${expression}), lambda x${depth}: struct_pack(k := x${depth}.key, v := ${value.print(`x${depth}.value`, depth + 1)}))`,
    read: (batch, at) => {
      if (isNull(batch, at)) return null;
      const entries: unknown[] = [];
      const [keys, values] = batch.children[0]!.children;
      for (let one = batch.offsets[at]!; one < batch.offsets[at + 1]!; one += 1)
        entries.push({ k: keys!.at(one), v: value.read(values!, one) });
      return entries;
    },
  };
}

/** A random type: a scalar, or lists, arrays, structs and maps of others. */
export const anyType: fc.Arbitrary<TestType> = fc.letrec<{ type: TestType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(...INNER),
    tie("type").map(listOf),
    fc.tuple(tie("type"), fc.integer({ min: 1, max: 3 })).map(([item, size]) => arrayOf(item, size)),
    fc.array(tie("type"), { minLength: 1, maxLength: 3 }).map(structOf),
    tie("type").map(mapOf),
  ),
})).type;

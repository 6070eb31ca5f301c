/** Values of a result as text: exact, one way for each type, near to how DuckDB writes them. */

/** What Arrow says of a type; the fields that a type has depend on `typeId`. */
export interface ArrowType {
  readonly typeId: number;
  /** Of times: 0 s, 1 ms, 2 µs, 3 ns. */
  readonly unit?: number;
  /** Of decimals: digits after the point. */
  readonly scale?: number;
  /** Of nested types. */
  readonly children?: readonly { readonly name: string; readonly type: ArrowType }[];
  /** Of a dictionary: the type of its values. */
  readonly dictionary?: ArrowType;
}

const DECIMAL = 7;
const DATE = 8;
const TIME = 9;
const TIMESTAMP = 10;
const INTERVAL = 11;
const LIST = 12;
const STRUCT = 13;
const FIXED_LIST = 16;
const MAP = 17;
const DICTIONARY = -1;

/** A raw value of the Arrow reader as JavaScript: exact integers are number or bigint, instants Date. */
export function plainValue(raw: unknown, type: ArrowType): unknown {
  if (raw === null || raw === undefined) return null;
  switch (type.typeId) {
    case DICTIONARY:
      return type.dictionary ? plainValue(raw, type.dictionary) : raw;
    case TIMESTAMP:
      return typeof raw === "bigint" ? new Date(Number(toMicros(raw, type.unit ?? 0)) / 1000) : raw;
    case DATE:
      return typeof raw === "number" ? new Date(raw) : raw;
    case DECIMAL: {
      const text = decimalText(raw as bigint | number, type.scale ?? 0);
      const integer = (type.scale ?? 0) === 0;
      return integer && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text);
    }
    case INTERVAL:
      return intervalText(raw as ArrayLike<number | bigint>);
    case TIME:
      return timeText(BigInt(raw as bigint | number), type.unit ?? 0);
    case LIST:
    case FIXED_LIST: {
      const item = type.children?.[0]?.type ?? { typeId: 0 };
      return Array.from(raw as ArrayLike<unknown>, (value) => plainValue(value, item));
    }
    case STRUCT: {
      const struct = raw as Record<string, unknown>;
      return Object.fromEntries(
        (type.children ?? []).map(({ name, type: inner }) => [name, plainValue(struct[name], inner)]),
      );
    }
    case MAP: {
      const [key, value] = type.children?.[0]?.type.children ?? [];
      const entries = raw instanceof Map ? [...raw] : (raw as [unknown, unknown][]);
      return Object.fromEntries(
        entries.map(([name, inner]) => [
          String(plainValue(name, key?.type ?? { typeId: 0 })),
          plainValue(inner, value?.type ?? { typeId: 0 }),
        ]),
      );
    }
    default:
      return typeof raw === "bigint" && Number.isSafeInteger(Number(raw)) ? Number(raw) : raw;
  }
}

/** A raw value of the Arrow reader as text; null for NULL. Instants are ISO in UTC without zeros at the end. */
export function rawText(raw: unknown, type: ArrowType): string | null {
  if (raw === null || raw === undefined) return null;
  switch (type.typeId) {
    case DICTIONARY:
      return type.dictionary ? rawText(raw, type.dictionary) : String(raw);
    case TIMESTAMP:
      return typeof raw === "bigint"
        ? (type.unit ?? 0) === 3
          ? nanosText(raw)
          : instantText(toMicros(raw, type.unit ?? 0))
        : valueText(raw);
    case DATE:
      return typeof raw === "number" ? new Date(raw).toISOString().slice(0, 10) : valueText(raw);
    case DECIMAL:
      return decimalText(raw as bigint | number, type.scale ?? 0);
    case LIST:
    case FIXED_LIST:
    case STRUCT:
    case MAP:
    case INTERVAL:
    case TIME:
      return valueText(plainValue(raw, type));
    default:
      return valueText(raw);
  }
}

/** Any value as one text. Nested values are JSON, instants in them as text, bytes as hexadecimal. */
export function valueText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return hexText(value);
  if (value instanceof Date) return instantText(BigInt(Math.round(value.getTime() * 1000)));
  if (typeof value === "object") return jsonText(value);
  return String(value);
}

/** JSON of a value that may hold bigint, Date and bytes. */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(
    value,
    function (this: Record<string, unknown>, key, inner: unknown) {
      const own = this[key];
      if (own instanceof Date) return instantText(BigInt(Math.round(own.getTime() * 1000)));
      if (typeof inner === "bigint")
        return Number.isSafeInteger(Number(inner)) ? Number(inner) : inner.toString();
      if (inner instanceof Uint8Array) return hexText(inner);
      if (ArrayBuffer.isView(inner) && !(inner instanceof DataView))
        return Array.from(inner as unknown as ArrayLike<unknown>);
      return inner;
    },
    indent,
  );
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decimalText(unscaled: bigint | number, scale: number): string {
  const digits = String(unscaled);
  if (scale === 0) return digits;
  const negative = digits.startsWith("-");
  const plain = (negative ? digits.slice(1) : digits).padStart(scale + 1, "0");
  return `${negative ? "-" : ""}${plain.slice(0, -scale)}.${plain.slice(-scale)}`;
}

function toMicros(value: bigint, unit: number): bigint {
  if (unit === 0) return value * 1_000_000n;
  if (unit === 1) return value * 1000n;
  return unit === 2 ? value : value / 1000n;
}

function nanosText(nanos: bigint): string {
  const rest = ((nanos % 1000n) + 1000n) % 1000n;
  const micros = instantText((nanos - rest) / 1000n);
  if (rest === 0n) return micros;
  const [whole, fraction = ""] = micros.split(".");
  return `${whole}.${fraction.padEnd(6, "0")}${rest.toString().padStart(3, "0")}`;
}

function instantText(micros: bigint): string {
  let seconds = micros / 1_000_000n;
  let fraction = micros % 1_000_000n;
  if (fraction < 0n) {
    fraction += 1_000_000n;
    seconds -= 1n;
  }
  const milliseconds = Number(seconds) * 1000;
  if (Math.abs(milliseconds) > 8.64e15) return `${micros} µs`;
  const whole = new Date(milliseconds).toISOString().slice(0, -5).replace("T", " ");
  return fraction === 0n ? whole : `${whole}.${fraction.toString().padStart(6, "0").replace(/0+$/, "")}`;
}

function timeText(value: bigint, unit: number): string {
  return instantText(toMicros(value, unit)).slice(11);
}

/** Months, days and nanoseconds. */
function intervalText(parts: ArrayLike<number | bigint>): string {
  const months = Number(parts[0] ?? 0);
  const days = Number(parts[1] ?? 0);
  const micros = BigInt(Math.trunc(Number(parts[2] ?? 0) / 1000));
  const named = (count: number, name: string) =>
    count === 0 ? [] : [`${count} ${name}${Math.abs(count) === 1 ? "" : "s"}`];
  const texts = [
    ...named(Math.trunc(months / 12), "year"),
    ...named(months % 12, "month"),
    ...named(days, "day"),
  ];
  if (micros !== 0n || texts.length === 0) {
    const size = micros < 0n ? -micros : micros;
    const hours = size / 3_600_000_000n;
    texts.push(
      `${micros < 0n ? "-" : ""}${hours.toString().padStart(2, "0")}${instantText(size % 3_600_000_000n).slice(13)}`,
    );
  }
  return texts.join(" ");
}

import { ChartError, type ChartRow } from "./chart-rows.ts";

/** An address as a number: IPv4 in 32 bits, IPv6 in 128. An IPv4 address written in IPv6 is IPv4. */
export type Address =
  | { readonly version: 4; readonly number: number }
  | { readonly version: 6; readonly number: bigint };

const MAPPED = 0xffffn << 32n;

/** Reads an IPv4 or IPv6 address; null for anything else (a zone after % is ignored). */
export function parseAddress(text: string): Address | null {
  const trimmed = text
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/%.*$/, "");
  const four = parseFour(trimmed);
  if (four !== null) return { version: 4, number: four };
  if (!trimmed.includes(":")) return null;
  let source = trimmed.toLowerCase();
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(source);
  if (tail) {
    const inner = parseFour(tail[2]!);
    if (inner === null) return null;
    source = `${tail[1]}${(inner >>> 16).toString(16)}:${(inner & 0xffff).toString(16)}`;
  }
  const halves = source.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head, end] = [groups[0]!, groups[1] ?? []];
  if (halves.length === 1 ? head.length !== 8 : head.length + end.length > 7) return null;
  const all = [...head, ...Array.from({ length: 8 - head.length - end.length }, () => "0"), ...end];
  let number = 0n;
  for (const group of all) {
    if (!/^[\da-f]{1,4}$/.test(group)) return null;
    number = (number << 16n) | BigInt(Number.parseInt(group, 16));
  }
  if (number >> 32n === MAPPED >> 32n) return { version: 4, number: Number(number & 0xffff_ffffn) };
  return { version: 6, number };
}

function parseFour(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let number = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    number = number * 256 + Number(part);
  }
  return number;
}

/** First and last address of "192.0.2.0/24" (bits after the prefix are ignored); null when it is none. */
export function parseCidr(text: string): { readonly from: Address; readonly to: Address } | null {
  const [base, length, more] = text.trim().split("/");
  const address = parseAddress(base ?? "");
  if (!address || more !== undefined) return null;
  const bits = address.version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > bits) return null;
  if (address.version === 4) {
    const size = 2 ** (32 - prefix);
    const from = Math.floor(address.number / size) * size;
    return { from: { version: 4, number: from }, to: { version: 4, number: from + size - 1 } };
  }
  const size = 1n << BigInt(128 - prefix);
  const from = (address.number / size) * size;
  return { from: { version: 6, number: from }, to: { version: 6, number: from + size - 1n } };
}

const SPECIAL: readonly (readonly [string, string])[] = [
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].map((cidr) => [cidr, "private"] as const),
  ...["127.0.0.0/8", "::1/128"].map((cidr) => [cidr, "loopback"] as const),
  ...["169.254.0.0/16", "fe80::/10"].map((cidr) => [cidr, "link-local"] as const),
  ["100.64.0.0/10", "carrier NAT"],
  ...["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"].map(
    (cidr) => [cidr, "documentation"] as const,
  ),
  ["198.18.0.0/15", "benchmarking"],
  ...["224.0.0.0/4", "ff00::/8"].map((cidr) => [cidr, "multicast"] as const),
  ["255.255.255.255/32", "broadcast"],
  ["240.0.0.0/4", "reserved"],
  ...["0.0.0.0/8", "::/128"].map((cidr) => [cidr, "unspecified"] as const),
];
const SPECIAL_RANGES = SPECIAL.map(([cidr, word]) => ({ ...parseCidr(cidr)!, word }));

/** What an address is that belongs to nobody on the Internet ("private", "loopback", ...); null for a public one. */
export function specialRange(address: Address): string | null {
  for (const { from, to, word } of SPECIAL_RANGES)
    if (from.version === address.version && from.number <= address.number && address.number <= to.number)
      return word;
  return null;
}

interface Range<Number_ extends number | bigint> {
  readonly from: Number_;
  readonly to: Number_;
  readonly row: ChartRow;
}

/** Ranges that do not overlap any more, by start. */
interface Segments<Number_ extends number | bigint> {
  readonly starts: readonly Number_[];
  readonly rows: readonly (ChartRow | null)[];
}

/** Finds the row of the narrowest range that holds an address: for prefixes, the longest. */
export class AddressLookup {
  readonly #four: Segments<number>;
  readonly #six: Segments<bigint>;
  /** Rows that named no range. */
  readonly unreadable: number;
  readonly size: number;

  /**
   * @param rows each with a prefix in `cidr` (or network, prefix, range), or with `from` and `to` (or start and end, first
   *   and last); of two ranges of the same width the first row wins
   * @throws ChartError when no row names a range
   */
  constructor(rows: readonly ChartRow[]) {
    const four: Range<number>[] = [];
    const six: Range<bigint>[] = [];
    let unreadable = 0;
    for (const row of rows) {
      const range = rangeOf(row);
      if (!range || range.from.version !== range.to.version || range.from.number > range.to.number) {
        unreadable += 1;
        continue;
      }
      if (range.from.version === 4)
        four.push({ from: range.from.number, to: (range.to as { number: number }).number, row });
      else six.push({ from: range.from.number, to: (range.to as { number: bigint }).number, row });
    }
    this.size = four.length + six.length;
    this.unreadable = unreadable;
    if (rows.length > 0 && this.size === 0)
      throw new ChartError(
        `addressTable: no row of the lookup names a range. Each needs a column cidr ("192.0.2.0/24") or the columns from and to; the first has ${Object.keys(rows[0] ?? {}).join(", ") || "no columns"}.`,
      );
    this.#four = segments(four, (number) => number + 1);
    this.#six = segments(six, (number) => number + 1n);
  }

  /** The row of the narrowest range, or null. */
  find(address: Address): ChartRow | null {
    return address.version === 4 ? findIn(this.#four, address.number) : findIn(this.#six, address.number);
  }
}

const CIDR_NAMES = ["cidr", "network", "prefix", "range", "net", "subnet"];
const FROM_NAMES = ["from", "start", "first", "start_ip", "ip_from", "range_start"];
const TO_NAMES = ["to", "end", "last", "until", "end_ip", "ip_to", "range_end"];
/** Columns of a lookup that name the range and tell nothing of its owner. */
export const RANGE_NAMES: ReadonlySet<string> = new Set([...CIDR_NAMES, ...FROM_NAMES, ...TO_NAMES]);

function rangeOf(row: ChartRow): { readonly from: Address; readonly to: Address } | null {
  const named = (names: readonly string[]) => {
    for (const key in row) if (names.includes(key.toLowerCase())) return row[key];
    return undefined;
  };
  const cidr = named(CIDR_NAMES);
  if (typeof cidr === "string" && cidr !== "") return parseCidr(cidr);
  const [from, to] = [endOf(named(FROM_NAMES)), endOf(named(TO_NAMES))];
  return from && to ? { from, to } : null;
}

/** A number is an IPv4 address, as many tables write it. */
function endOf(value: unknown): Address | null {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number")
    return Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff ? { version: 4, number } : null;
  return typeof value === "string" ? parseAddress(value) : null;
}

/** Cuts overlapping ranges into pieces that the narrowest one owns: n log n, one pass over the ends with a heap by width. */
function segments<Number_ extends number | bigint>(
  ranges: readonly Range<Number_>[],
  next: (number: Number_) => Number_,
): Segments<Number_> {
  const width = (index: number) =>
    (ranges[index]!.to as never as number) - (ranges[index]!.from as never as number);
  const narrower = (a: number, b: number) => {
    const [wide, other] = [width(a), width(b)];
    return wide === other ? a - b : wide < other ? -1 : 1;
  };
  const order = ranges
    .map((_range, index) => index)
    .sort((a, b) => (ranges[a]!.from < ranges[b]!.from ? -1 : ranges[a]!.from > ranges[b]!.from ? 1 : 0));
  const edges = [...new Set<Number_>(ranges.flatMap(({ from, to }) => [from, next(to)]))].sort((a, b) =>
    a < b ? -1 : 1,
  );
  const heap: number[] = [];
  const starts: Number_[] = [];
  const rows: (ChartRow | null)[] = [];
  let at = 0;
  for (const edge of edges) {
    while (at < order.length && ranges[order[at]!]!.from === edge) push(heap, order[at++]!, narrower);
    while (heap.length > 0 && ranges[heap[0]!]!.to < edge) pop(heap, narrower);
    const row = heap.length > 0 ? ranges[heap[0]!]!.row : null;
    if (rows.at(-1) === row && rows.length > 0) continue;
    starts.push(edge);
    rows.push(row);
  }
  return { starts, rows };
}

function findIn<Number_ extends number | bigint>(
  { starts, rows }: Segments<Number_>,
  number: Number_,
): ChartRow | null {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= number) low = middle + 1;
    else high = middle;
  }
  return rows[low - 1] ?? null;
}

function push(heap: number[], item: number, order: (a: number, b: number) => number): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (order(heap[up]!, heap[at]!) <= 0) return;
    [heap[up], heap[at]] = [heap[at]!, heap[up]!];
    at = up;
  }
}

function pop(heap: number[], order: (a: number, b: number) => number): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  let at = 0;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && order(heap[child]!, heap[least]!) < 0) least = child;
    if (least === at) return;
    [heap[least], heap[at]] = [heap[at]!, heap[least]!];
    at = least;
  }
}

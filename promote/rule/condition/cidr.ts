/** Networks of IPv4 and IPv6 as SQL over addresses written as text. Browser-safe: pure functions only. */
import { textLiteral } from "./literal.ts";

/** A network: address and number of leading bits that count. */
export interface Network {
  readonly version: 4 | 6;
  readonly address: bigint;
  readonly prefixBits: number;
}

/** Reads `10.0.0.0/8`, `fe80::/10` or a single address; bits past the prefix are dropped. Null when it is neither. */
export function parseNetwork(text: string): Network | null {
  const [written, bits, more] = text.trim().split("/");
  if (more !== undefined || written === undefined) return null;
  const version = written.includes(":") ? 6 : 4;
  const address = version === 6 ? parseV6(written) : parseV4(written);
  const width = version === 6 ? 128 : 32;
  if (address === null || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  const prefixBits = bits === undefined ? width : Number(bits);
  if (prefixBits > width) return null;
  const shift = BigInt(width - prefixBits);
  return { version, address: (address >> shift) << shift, prefixBits };
}

/** The number that an IPv4 address in four decimal parts is, or null. */
export function parseV4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return null;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

/** The number that an IPv6 address is, in any of its ways of writing, or null. */
export function parseV6(text: string): bigint | null {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail) {
    const low = parseV4(tail[2]!);
    return low === null
      ? null
      : parseV6(`${tail[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const left = groups[0]!;
  const right = groups[1] ?? [];
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const all = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return all.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

/**
 * A boolean over `text` (an SQL expression of type VARCHAR): whether it writes an address in one of the networks. An IPv4
 * address written as IPv6 (`::ffff:10.1.2.3`) is the IPv4 address. What writes no address is in no network.
 */
export function networksSql(text: string, networks: readonly Network[]): string {
  const tests: string[] = [];
  const four = networks.filter(({ version }) => version === 4);
  if (four.length > 0) {
    const pattern = four.map(v4Pattern).join("|");
    tests.push(`regexp_matches(${text}, ${textLiteral(`^(?:::(?i:ffff):)?(?:${pattern})$`)})`);
  }
  const six = networks.filter(({ version }) => version === 6);
  if (six.length > 0) {
    const inside = six.map(({ address, prefixBits }) => {
      const last = address | ((1n << BigInt(128 - prefixBits)) - 1n);
      return `digits BETWEEN '${hex(address)}' AND '${hex(last)}'`;
    });
    tests.push(
      `(contains(${text}, ':') AND len(list_filter(${expandedV6(text)}, lambda digits: ${inside.join(" OR ")})) > 0)`,
    );
  }
  return tests.length === 1 ? tests[0]! : `(${tests.join(" OR ")})`;
}

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

function v4Pattern({ address, prefixBits }: Network): string {
  return [24, 16, 8, 0]
    .map((shift) => {
      const fixedBits = Math.min(8, Math.max(0, prefixBits - (24 - shift)));
      if (fixedBits === 0) return OCTET;
      const low = Number((address >> BigInt(shift)) & 0xffn);
      const high = low + 2 ** (8 - fixedBits) - 1;
      const octets = Array.from({ length: high - low + 1 }, (_, index) => low + index);
      return octets.length === 1 ? String(low) : `(?:${octets.join("|")})`;
    })
    .join("\\.");
}

function hex(address: bigint): string {
  return address.toString(16).padStart(32, "0");
}

const GROUPS = "(?:[0-9a-f]{1,4}:)*[0-9a-f]{1,4}";
const V6 = `^(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:${GROUPS})?::(?:${GROUPS})?)$`;

/** SQL of a list with the 32 hexadecimal digits of an IPv6 address written in any way, with NULL when it is none. */
function expandedV6(text: string): string {
  const octet = (index: number): string =>
    `TRY_CAST(regexp_extract(address, '([0-9]+)[.]([0-9]+)[.]([0-9]+)[.]([0-9]+)$', ${index}) AS UTINYINT)`;
  const tail = `format('{:02x}{:02x}:{:02x}{:02x}', ${[1, 2, 3, 4].map(octet).join(", ")})`;
  const hexOnly = `CASE WHEN contains(address, '.') THEN regexp_replace(address, '[0-9.]+$', '') || ${tail} ELSE address END`;
  const padded = (half: number): string =>
    `replace(regexp_replace(regexp_replace(':' || split_part(plain, '::', ${half}), ':', ':000', 'g'), ':0*([0-9a-f]{4})', '\\1', 'g'), ':000', '')`;
  const digits =
    `CASE WHEN regexp_matches(plain, '${V6}') AND length(${padded(1)}) + length(${padded(2)}) <= if(contains(plain, '::'), 28, 32) ` +
    `THEN rpad(${padded(1)}, 32 - length(${padded(2)})::INTEGER, '0') || ${padded(2)} END`;
  const address = `regexp_replace(lower(${text}), '%.*$', '')`;
  return `list_transform(list_transform([${address}], lambda address: ${hexOnly}), lambda plain: ${digits})`;
}

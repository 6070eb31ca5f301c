/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { asciiLower } from "./ascii.ts";
import { type HuntMacro, letIn, macro, patternText } from "./hunt-function.ts";

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
export const IPV4 = new RegExp(`${OCTET}(?:[.]${OCTET}){3}`);
const MAPPED = new RegExp(`::ffff:(${OCTET}(?:[.]${OCTET}){3})`);
const GROUP = "[0-9a-f]{1,4}";
const GROUPS = `${GROUP}(?::${GROUP})*`;
/** After a dotted end has become two groups. With `::`, how many groups there are is counted apart. */
const IPV6 = new RegExp(`${GROUP}(?::${GROUP}){7}|(?:${GROUPS})?::(?:${GROUPS})?`);
/** `::` stands for one group of zeros at least. */
const MOST_DIGITS_BESIDE_ZEROS = 28;
const DOTTED_END = new RegExp(`(.*:)(${OCTET}[.]${OCTET}[.]${OCTET}[.]${OCTET})`);
const ZONE = /%[0-9A-Za-z_.-]*$/;
const PREFIX = /[0-9]{1,3}/;

const PRIVATE_4 = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"];
const PRIVATE_4_MORE = ["172.16.0.0/12", "192.168.0.0/16"];
const PRIVATE_6 = ["::/127", "fc00::/7", "fe80::/10"];

export interface IpNumber {
  readonly family: 4 | 6;
  readonly number: bigint;
}

export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

function whole(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`);
}

const WHOLE_IPV4 = whole(IPV4);
const WHOLE_IPV6 = whole(IPV6);
const WHOLE_MAPPED = whole(MAPPED);
const WHOLE_DOTTED_END = whole(DOTTED_END);

function fourNumber(text: string): bigint {
  return text.split(".").reduce((number, octet) => number * 256n + BigInt(octet), 0n);
}

/** An address as a number with its family; null for what is none. A mapped IPv4 address is the IPv4 address. */
export function parseIp(text: string | null): IpNumber | null {
  if (text === null) return null;
  const bare = asciiLower(text).replace(ZONE, "");
  const four = WHOLE_MAPPED.exec(bare)?.[1] ?? bare;
  if (WHOLE_IPV4.test(four)) return { family: 4, number: fourNumber(four) };
  const dotted = WHOLE_DOTTED_END.exec(bare);
  const hex = (number: bigint) => number.toString(16);
  const last = dotted ? fourNumber(dotted[2]!) : 0n;
  const groups = dotted ? `${dotted[1]!}${hex(last / 65536n)}:${hex(last % 65536n)}` : bare;
  if (!WHOLE_IPV6.test(groups)) return null;
  const [left = "", right = ""] = groups.split("::");
  const digits = (part: string) =>
    part === ""
      ? ""
      : part
          .split(":")
          .map((group) => group.padStart(4, "0"))
          .join("");
  const end = digits(right);
  if (groups.includes("::") && digits(left).length + end.length > MOST_DIGITS_BESIDE_ZEROS) return null;
  return { family: 6, number: BigInt(`0x${digits(left).padEnd(32 - end.length, "0")}${end}`) };
}

/** A CIDR range, or one address alone as a range of one; null for what is none. */
export function parseCidr(text: string | null): IpRange | null {
  if (text === null) return null;
  const slash = text.indexOf("/");
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const width = address.family === 4 ? 32 : 128;
  const written = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!whole(PREFIX).test(written) || Number(written) > width) return null;
  const size = 1n << BigInt(width - Number(written));
  const first = address.number - (address.number % size);
  return { family: address.family, first, last: first + size - 1n };
}

function holds(range: IpRange, ip: IpNumber): boolean {
  return range.family === ip.family && range.first <= ip.number && ip.number <= range.last;
}

/** As `cidr_match` in SQL. */
export function cidrMatch(ip: string | null, cidr: string | null): boolean | null {
  const address = parseIp(ip);
  const range = parseCidr(cidr);
  return address === null || range === null ? null : holds(range, address);
}

const PRIVATE_RANGES = [...PRIVATE_4, ...PRIVATE_4_MORE, ...PRIVATE_6].map((cidr) => parseCidr(cidr)!);

/** As `is_private_ip` in SQL. */
export function isPrivateIp(ip: string | null): boolean | null {
  const address = parseIp(ip);
  return address === null ? null : PRIVATE_RANGES.some((range) => holds(range, address));
}

/** As `ip_family` in SQL. */
export function ipFamily(ip: string | null): 4 | 6 | null {
  return parseIp(ip)?.family ?? null;
}

/** As `ip_to_number` in SQL. */
export function ipToNumber(ip: string | null): bigint | null {
  return parseIp(ip)?.number ?? null;
}

/** As `cidr_first` in SQL. */
export function cidrFirst(cidr: string | null): bigint | null {
  return parseCidr(cidr)?.first ?? null;
}

/** As `cidr_last` in SQL. */
export function cidrLast(cidr: string | null): bigint | null {
  return parseCidr(cidr)?.last ?? null;
}

/** As `ip_in_lookup` in SQL. */
export function ipInLookup<Label>(
  ip: string | null,
  ranges: readonly { readonly cidr: string | null; readonly label: Label }[] | null,
): Label | null {
  const address = parseIp(ip);
  if (address === null || ranges === null) return null;
  let best: { readonly size: bigint; readonly label: Label } | null = null;
  for (const { cidr, label } of ranges) {
    const range = parseCidr(cidr);
    if (range === null || !holds(range, address)) continue;
    const size = range.last - range.first;
    if (best === null || size < best.size) best = { size, label };
  }
  return best?.label ?? null;
}

const GROUPS_HEX = (list: string) =>
  `CASE WHEN ${list} = '' THEN '' ELSE array_to_string(list_transform(string_split(${list}, ':'), lambda __group: lpad(__group, 4, '0')), '') END`;

const FOUR_NUMBER = (text: string) =>
  `(split_part(${text}, '.', 1)::UBIGINT * 16777216 + split_part(${text}, '.', 2)::UBIGINT * 65536 + split_part(${text}, '.', 3)::UBIGINT * 256 + split_part(${text}, '.', 4)::UBIGINT)`;

const SIX_NUMBER = letIn(
  "__sides",
  `{'left': ${GROUPS_HEX("split_part(__six, '::', 1)")}, 'right': ${GROUPS_HEX("split_part(__six, '::', 2)")}}`,
  `CASE WHEN NOT contains(__six, '::') OR length(__sides.left) + length(__sides.right) <= ${MOST_DIGITS_BESIDE_ZEROS} THEN ${letIn(
    "__hex",
    "__sides.left || repeat('0', 32 - length(__sides.left) - length(__sides.right)) || __sides.right",
    "('0x' || __hex[1:16])::UBIGINT::UHUGEINT * 18446744073709551616::UHUGEINT + ('0x' || __hex[17:32])::UBIGINT::UHUGEINT",
  )} END`,
);

const SIX_TEXT = letIn(
  "__dotted",
  `regexp_extract(__bare, ${patternText(WHOLE_DOTTED_END)}, ['head', 'four'])`,
  `CASE WHEN __dotted.four = '' THEN __bare ELSE ${letIn(
    "__end",
    FOUR_NUMBER("__dotted.four"),
    "__dotted.head || hunt_lower(to_hex(__end // 65536)) || ':' || hunt_lower(to_hex(__end % 65536))",
  )} END`,
);

const SIZE = "(1::UHUGEINT << (__cidr.width - __cidr.bits)::UHUGEINT)";
const RANGE = `CASE
  WHEN __cidr.ip IS NULL OR __cidr.bits IS NULL OR __cidr.bits > __cidr.width THEN NULL
  WHEN __cidr.width - __cidr.bits = 128 THEN {'family': __cidr.ip.family, 'first': 0::UHUGEINT, 'last': 340282366920938463463374607431768211455::UHUGEINT}
  ELSE {'family': __cidr.ip.family, 'first': __cidr.ip.number - __cidr.ip.number % ${SIZE}, 'last': __cidr.ip.number - __cidr.ip.number % ${SIZE} + (${SIZE} - 1)}
  END`;

const holdsSql = (ip: string, range: string) =>
  `(${range}.family = ${ip}.family AND ${ip}.number BETWEEN ${range}.first AND ${range}.last)`;

const privateSql = PRIVATE_RANGES.map(
  ({ family, first, last }) =>
    `(__own.family = ${family} AND __own.number BETWEEN ${first}::UHUGEINT AND ${last}::UHUGEINT)`,
).join(" OR ");

export const IP_MACROS: readonly HuntMacro[] = [
  macro(
    "hunt_ip",
    ["__text"],
    letIn(
      "__bare",
      `regexp_replace(hunt_lower(__text), ${patternText(ZONE)}, '')`,
      letIn(
        "__four",
        `coalesce(nullif(regexp_extract(__bare, ${patternText(WHOLE_MAPPED)}, 1), ''), __bare)`,
        `CASE WHEN regexp_full_match(__four, ${patternText(IPV4)}) THEN {'family': 4, 'number': ${FOUR_NUMBER("__four")}::UHUGEINT}
          WHEN contains(__bare, ':') THEN ${letIn(
            "__six",
            SIX_TEXT,
            `CASE WHEN regexp_full_match(__six, ${patternText(IPV6)}) THEN {'family': 6, 'number': ${SIX_NUMBER}} END`,
          )} END`,
      ),
    ),
    ["hunt_lower"],
  ),
  macro(
    "hunt_cidr",
    ["__text"],
    letIn(
      "__cidr",
      letIn(
        "__parts",
        "{'text': __text, 'ip': hunt_ip(split_part(__text, '/', 1))}",
        `{'ip': __parts.ip, 'width': CASE __parts.ip.family WHEN 4 THEN 32 ELSE 128 END, 'bits': CASE
          WHEN NOT contains(__parts.text, '/') THEN CASE __parts.ip.family WHEN 4 THEN 32 ELSE 128 END
          WHEN regexp_full_match(__parts.text, '[^/]*/[0-9]{1,3}') THEN split_part(__parts.text, '/', 2)::INTEGER END}`,
      ),
      RANGE,
    ),
    ["hunt_ip"],
  ),
  macro(
    "cidr_match",
    ["__ip", "__range"],
    letIn(
      "__pair",
      "{'ip': hunt_ip(__ip), 'range': hunt_cidr(__range)}",
      holdsSql("__pair.ip", "__pair.range"),
    ),
    ["hunt_ip", "hunt_cidr"],
  ),
  macro("is_private_ip", ["__ip"], letIn("__own", "hunt_ip(__ip)", `(${privateSql})`), ["hunt_ip"]),
  macro("ip_family", ["__ip"], "struct_extract(hunt_ip(__ip), 'family')", ["hunt_ip"]),
  macro("ip_to_number", ["__ip"], "struct_extract(hunt_ip(__ip), 'number')", ["hunt_ip"]),
  macro("cidr_first", ["__range"], "struct_extract(hunt_cidr(__range), 'first')", ["hunt_cidr"]),
  macro("cidr_last", ["__range"], "struct_extract(hunt_cidr(__range), 'last')", ["hunt_cidr"]),
  macro(
    "ip_in_lookup",
    ["__ip", "__ranges"],
    letIn(
      "__asked",
      `{'ip': hunt_ip(__ip), 'ranges': list_transform(__ranges, lambda __entry: {'range': hunt_cidr(__entry.cidr), 'label': __entry.label})}`,
      `${letIn(
        "__found",
        `list_filter(__asked.ranges, lambda __one: coalesce(${holdsSql("__asked.ip", "__one.range")}, false))`,
        `list_filter(__found, lambda __one: __one.range.last - __one.range.first = list_min(list_transform(__found, lambda __any: __any.range.last - __any.range.first)))[1].label`,
      )}`,
    ),
    ["hunt_ip", "hunt_cidr"],
  ),
];

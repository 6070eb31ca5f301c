import { AddressLookup, parseAddress, RANGE_NAMES, specialRange } from "./address-lookup.ts";
import {
  bytesText,
  type ChartElement,
  ChartFrame,
  countText,
  countWords,
  made,
  nothingToDraw,
} from "./chart-frame.ts";
import {
  type ChartRow,
  columnsOf,
  type Field,
  findField,
  labelOf,
  MISSING,
  numberOf,
  requireField,
  rowsFor,
  USUAL_BYTES,
  USUAL_HOST,
} from "./chart-rows.ts";
import { bar, ChoiceTable, clipped } from "./choice-table.ts";

export interface AddressTableOptions {
  /** Column of the address. */
  readonly address?: Field;
  /**
   * Rows that say to whom addresses belong, yours: each with `cidr` or `from` and `to`, and any columns (country, asn,
   * owner, ...), which are shown. The narrowest range that holds an address counts.
   */
  readonly lookup?: readonly ChartRow[];
  /** Columns of the lookup to show; at most the first four that name no range without. */
  readonly show?: readonly string[];
  readonly bytes?: Field | null;
  readonly host?: Field | null;
  /** Leaves private and other special addresses out. Default false: they are marked. */
  readonly publicOnly?: boolean;
  readonly title?: string;
}

export interface AddressChoice {
  /** The chosen address as it stands in the rows; null when nothing is chosen. */
  readonly address: string | null;
  /** The row of the lookup that holds it. */
  readonly owner: ChartRow | null;
  readonly rows: readonly ChartRow[];
}

interface AddressRow {
  readonly text: string;
  readonly count: number;
  readonly bytes: number;
  readonly hosts: number;
  readonly special: string | null;
  readonly owner: ChartRow | null;
}

const USUAL_ADDRESS = [
  "id_resp_h",
  "dest_ip",
  "DestinationIp",
  "dst_ip",
  "ip",
  "address",
  "src_ip",
  "sourceIPAddress",
  "id_orig_h",
];

/**
 * Addresses with what a lookup of yours says of them, counts and bytes. `value` is {address, owner, rows}.
 */
export function addressTable(given: unknown, options: AddressTableOptions = {}): ChartElement<AddressChoice> {
  const rows = rowsFor("addressTable", given);
  const chart = "addressTable";
  const field = requireField(rows, {
    chart,
    option: "address",
    given: options.address,
    usual: USUAL_ADDRESS,
  });
  const bytes = findField(rows, { chart, option: "bytes", given: options.bytes, usual: USUAL_BYTES });
  const host = findField(rows, {
    chart,
    option: "host",
    given: options.host,
    usual: ["id_orig_h", "src_ip", ...USUAL_HOST].filter(
      (name) => name.toLowerCase() !== field.name.toLowerCase(),
    ),
  });
  const lookupRows = options.lookup === undefined ? [] : rowsFor("addressTable's lookup", options.lookup);
  const lookup = new AddressLookup(lookupRows);
  const columns = columnsOf(lookupRows);
  for (const name of options.show ?? [])
    if (columns.length > 0 && !columns.includes(name))
      findField(lookupRows, { chart, option: "show", given: name, usual: [] });
  const shown = options.show ?? columns.filter((name) => !RANGE_NAMES.has(name.toLowerCase())).slice(0, 4);
  const found = new Map<string, { count: number; bytes: number; hosts: Set<string> }>();
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    const text = labelOf(field.read(row));
    let one = found.get(text);
    if (!one) {
      one = { count: 0, bytes: 0, hosts: new Set() };
      found.set(text, one);
    }
    one.count += 1;
    if (bytes) one.bytes += numberOf(bytes.read(row)) || 0;
    if (host) one.hosts.add(labelOf(host.read(row)));
  }
  let unreadable = 0;
  let unknown = 0;
  const all: AddressRow[] = [...found].map(([text, { count, bytes: sum, hosts }]) => {
    const address = text === MISSING ? null : parseAddress(text);
    if (!address) unreadable += 1;
    const special = address ? specialRange(address) : text === MISSING ? null : "no address";
    const owner = address ? lookup.find(address) : null;
    if (address && !special && !owner) unknown += 1;
    return { text, count, bytes: sum, hosts: hosts.size, special, owner };
  });
  const addresses = options.publicOnly
    ? all.filter(({ special, text }) => special === null && text !== MISSING)
    : all;
  const most = addresses.reduce((top, { count }) => Math.max(top, count), 1);
  const title = options.title ?? `Addresses in ${field.name}`;
  const nothing: AddressChoice = { address: null, owner: null, rows };
  let chosen: string | null = null;
  let table: ChoiceTable<AddressRow> | null = null;

  const frame = new ChartFrame<AddressChoice>({
    title,
    value: nothing,
    description: `${countWords(addresses.length, "address", "addresses")}; ${countText(addresses.filter(({ special }) => special !== null).length)} of special ranges${lookup.size > 0 ? `, ${countText(unknown)} public ones that the lookup does not know` : ""}.`,
    notes: [
      ...(options.lookup === undefined
        ? [
            "No lookup: bring rows with cidr (or from and to), country, asn, owner and pass them as {lookup: rows}.",
          ]
        : []),
      ...(lookup.unreadable > 0
        ? [
            `${countWords(lookup.unreadable, "row")} of the lookup ${lookup.unreadable === 1 ? "names" : "name"} no readable range.`,
          ]
        : []),
      ...(unreadable > 0 ? [`${countWords(unreadable, "value is", "values are")} no IP address.`] : []),
      ...(addresses.length < all.length
        ? [`${countWords(all.length - addresses.length, "address", "addresses")} of special ranges left out.`]
        : []),
    ],
    clear: () => {
      if (table) table.chosen = null;
      choose(null);
    },
    table: null,
    draw(body) {
      if (addresses.length === 0)
        return body.append(nothingToDraw(rows.length > 0 ? "No public address." : "No rows."));
      table = new ChoiceTable<AddressRow>({
        label: title,
        rows: addresses,
        key: ({ text }) => text,
        search: ({ text, special, owner }) =>
          `${text} ${special ?? ""} ${shown.map((name) => labelOf(owner?.[name] ?? "")).join(" ")}`,
        choiceColumn: 0,
        chosen,
        choose,
        sorted: { column: 1 + Math.max(1, shown.length), descending: true },
        columns: [
          {
            name: field.name,
            cell: ({ text, special }) => {
              const cell = made("span", "chart-address");
              cell.append(clipped(text, "chart-clipped code"));
              if (special) cell.append(made("span", "chart-tag", special));
              return cell;
            },
            order: ({ text }) => orderOf(text),
          },
          ...(shown.length === 0
            ? [{ name: "Belongs to", cell: ({ special }: AddressRow) => (special ? "" : "unknown") }]
            : shown.map((name) => ({
                name,
                cell: ({ owner, special }: AddressRow) =>
                  owner
                    ? clipped(owner[name] === null || owner[name] === undefined ? "" : labelOf(owner[name]))
                    : made("span", "missing", special ? "" : "unknown"),
                order: ({ owner }: AddressRow) => (owner ? labelOf(owner[name]).toLowerCase() : "\uffff"),
              }))),
          {
            name: "Events",
            cell: ({ count }) => bar(Math.log1p(count) / Math.log1p(most), countText(count)),
            order: ({ count }) => count,
            descendingFirst: true,
            title: "The bar is on a logarithmic scale",
          },
          ...(bytes
            ? [
                {
                  name: "Bytes",
                  numeric: true,
                  cell: ({ bytes: sum }: AddressRow) => bytesText(sum),
                  order: ({ bytes: sum }: AddressRow) => sum,
                  descendingFirst: true,
                },
              ]
            : []),
          ...(host
            ? [
                {
                  name: "Hosts",
                  title: `Different values of ${host.name}`,
                  numeric: true,
                  cell: ({ hosts }: AddressRow) => countText(hosts),
                  order: ({ hosts }: AddressRow) => hosts,
                },
              ]
            : []),
        ],
      });
      body.append(table.element);
    },
  });
  return frame.element;

  function choose(row: AddressRow | null): void {
    chosen = row?.text ?? null;
    if (!row) {
      frame.choose(nothing, null);
      return;
    }
    let kept: ChartRow[] | null = null;
    frame.choose(
      {
        address: row.text,
        owner: row.owner,
        get rows() {
          kept ??= rows.filter((one) => labelOf(field.read(one)) === row.text);
          return kept;
        },
      },
      `${row.text}: ${countWords(row.count, "event")}`,
    );
  }
}

/** Addresses sort by number, IPv4 first, other texts last. */
function orderOf(text: string): string {
  const address = parseAddress(text);
  if (!address) return `9${text}`;
  return `${address.version}${address.number.toString(16).padStart(32, "0")}`;
}

import {
  type ChartElement,
  ChartFrame,
  countText,
  countWords,
  nothingToDraw,
  shareText,
} from "./chart-frame.ts";
import {
  type ChartRow,
  type Field,
  findField,
  labelOf,
  MISSING,
  requireField,
  rowsFor,
  timeMsOf,
  USUAL_HOST,
  USUAL_TIME,
} from "./chart-rows.ts";
import { bar, ChoiceTable, clipped } from "./choice-table.ts";
import { utcText } from "./time-bins.ts";

export interface StackCountOptions {
  /** Column whose values are counted. Several: their values side by side are one. */
  readonly field: Field | readonly Field[];
  /** Column of the machine (or user); the usual host column when there is one; null for none. */
  readonly host?: Field | null;
  readonly time?: Field | null;
  /** Which end comes first. Default "rare". */
  readonly order?: "rare" | "common";
  readonly title?: string;
}

/** One value with what is known of it. */
export interface StackedValue {
  readonly value: string;
  readonly count: number;
  readonly share: number;
  readonly hosts: number;
  /** The host, where there is only one. */
  readonly onlyHost: string | null;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface StackChoice {
  /** The chosen value as text; null when nothing is chosen. */
  readonly value: string | null;
  /** Rows with the value; all when nothing is chosen. */
  readonly rows: readonly ChartRow[];
}

const SEPARATOR = " → ";

/** Counts the values of rows, with hosts, first and last time. In the order of first appearance. */
export function stackValues(
  rows: readonly ChartRow[],
  nameOf: (row: ChartRow) => string,
  hostOf: ((row: ChartRow) => unknown) | null,
  timeOf: ((row: ChartRow) => unknown) | null,
): StackedValue[] {
  const found = new Map<string, { count: number; hosts: Set<string>; firstMs: number; lastMs: number }>();
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    const value = nameOf(row);
    let one = found.get(value);
    if (!one) {
      one = {
        count: 0,
        hosts: new Set(),
        firstMs: Number.POSITIVE_INFINITY,
        lastMs: Number.NEGATIVE_INFINITY,
      };
      found.set(value, one);
    }
    one.count += 1;
    if (hostOf) one.hosts.add(labelOf(hostOf(row)));
    if (timeOf) {
      const at = timeMsOf(timeOf(row));
      if (at < one.firstMs) one.firstMs = at;
      if (at > one.lastMs) one.lastMs = at;
    }
  }
  return [...found].map(([value, { count, hosts, firstMs, lastMs }]) => ({
    value,
    count,
    share: count / rows.length,
    hosts: hosts.size,
    onlyHost: hosts.size === 1 ? [...hosts][0]! : null,
    firstMs,
    lastMs,
  }));
}

/**
 * Stack counting: the values of a column by frequency, the rare end first, with share, hosts and first and last time.
 * `value` is {value, rows}: the chosen value and its rows.
 */
export function stackCount(given: unknown, options: StackCountOptions): ChartElement<StackChoice> {
  const rows = rowsFor("stackCount", given);
  const wished = Array.isArray(options?.field)
    ? (options.field as readonly Field[])
    : [options?.field as Field | undefined];
  const fields = wished.map((field) =>
    requireField(rows, { chart: "stackCount", option: "field", given: field, usual: [] }),
  );
  const host = findField(rows, {
    chart: "stackCount",
    option: "host",
    given: options?.host,
    usual: USUAL_HOST,
  });
  const time = findField(rows, {
    chart: "stackCount",
    option: "time",
    given: options?.time,
    usual: USUAL_TIME,
  });
  const nameOf = (row: ChartRow) => fields.map((field) => labelOf(field.read(row))).join(SEPARATOR);
  const values = stackValues(rows, nameOf, host ? host.read : null, time ? time.read : null);
  const once = values.filter(({ count }) => count === 1).length;
  const name = fields.map((field) => field.name).join(SEPARATOR);
  const title = options?.title ?? `${name} by frequency`;
  const rareFirst = (options?.order ?? "rare") === "rare";
  const most = values.reduce((top, { count }) => Math.max(top, count), 1);
  const nothing: StackChoice = { value: null, rows };
  let table: ChoiceTable<StackedValue> | null = null;
  let chosen: string | null = null;

  const frame = new ChartFrame<StackChoice>({
    title,
    value: nothing,
    description: `${countWords(values.length, "different value")} of ${name} in ${countWords(rows.length, "row")}; ${countText(once)} of them ${once === 1 ? "occurs" : "occur"} once.`,
    clear: () => {
      if (table) table.chosen = null;
      choose(null);
    },
    table: null,
    draw(body) {
      if (rows.length === 0) return body.append(nothingToDraw());
      table = new ChoiceTable<StackedValue>({
        label: title,
        rows: values,
        key: ({ value }) => value,
        search: ({ value, onlyHost }) => `${value} ${onlyHost ?? ""}`,
        choiceColumn: 0,
        chosen,
        choose: (row) => choose(row?.value ?? null),
        sorted: { column: 1, descending: !rareFirst },
        columns: [
          {
            name,
            cell: ({ value }) =>
              clipped(value, value === MISSING ? "chart-clipped missing" : "chart-clipped code"),
            order: ({ value }) => value.toLowerCase(),
          },
          {
            name: "Count",
            cell: ({ count }) => bar(Math.log1p(count) / Math.log1p(most), countText(count)),
            order: ({ count }) => count,
            title: "The bar is on a logarithmic scale, so that rare values can be seen",
          },
          { name: "Share", numeric: true, cell: ({ share }) => shareText(share) },
          ...(host
            ? [
                {
                  name: "Hosts",
                  title: `Different values of ${host.name}`,
                  cell: ({ hosts, onlyHost }: StackedValue) =>
                    onlyHost === null ? countText(hosts) : clipped(onlyHost, "chart-clipped narrow"),
                  order: ({ hosts }: StackedValue) => hosts,
                },
              ]
            : []),
          ...(time
            ? [
                {
                  name: "First (UTC)",
                  cell: ({ firstMs }: StackedValue) => utcText(firstMs),
                  order: ({ firstMs }: StackedValue) => firstMs,
                },
                {
                  name: "Last (UTC)",
                  cell: ({ lastMs }: StackedValue) => utcText(lastMs),
                  order: ({ lastMs }: StackedValue) => lastMs,
                  descendingFirst: true,
                },
              ]
            : []),
        ],
      });
      body.append(table.element);
    },
  });
  return frame.element;

  function choose(value: string | null): void {
    chosen = value;
    if (value === null) {
      frame.choose(nothing, null);
      return;
    }
    let kept: ChartRow[] | null = null;
    const count = values.find((one) => one.value === value)?.count ?? 0;
    frame.choose(
      {
        value,
        get rows() {
          kept ??= rows.filter((row) => nameOf(row) === value);
          return kept;
        },
      },
      `${countWords(count, "row")} chosen`,
    );
  }
}

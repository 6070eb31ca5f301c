import type { ResultFilter } from "../../../notebooks/result/result.ts";

/** What a field of a result looks like, before it is cut into bins. */
export interface FieldSummary {
  readonly field: string;
  /** DuckDB's type, or what the values of plain rows look like. */
  readonly type: string;
  readonly kind: "time" | "number" | "text";
  readonly integer: boolean;
  /** Microseconds since 1970 of a time, the number itself otherwise; null for texts and without a value. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly median: number | null;
  readonly nullCount: number;
  /** Different values of a number, approximate; null for the others. */
  readonly distinctCount: number | null;
}

/** A field cut into equal bins of time or number; the last bin holds its upper edge too. */
export interface StepDimension {
  readonly kind: "step";
  readonly field: string;
  readonly type: string;
  readonly time: boolean;
  readonly integer: boolean;
  readonly from: number;
  readonly step: number;
  readonly size: number;
}

/** A field whose numbers spread over orders of magnitude: bin 0 holds what is not above zero, then equal bins of log10. */
export interface LogDimension {
  readonly kind: "log";
  readonly field: string;
  readonly type: string;
  readonly integer: boolean;
  /** log10 of the lower edge of bin 1. */
  readonly from: number;
  /** Bins in a power of ten. */
  readonly perPower: number;
  readonly size: number;
}

/** The most frequent values of a field; the last bin holds all the others, if there are any. */
export interface ValueDimension {
  readonly kind: "values";
  readonly field: string;
  readonly type: string;
  /** As text; null is NULL. */
  readonly values: readonly (string | null)[];
  readonly hasOthers: boolean;
  /** The values and the bin of the others, also where it stays empty. */
  readonly size: number;
}

export type Dimension = StepDimension | LogDimension | ValueDimension;

const TIME_STEPS_US = [
  ...[1, 10, 100],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms) => ms * 1e3),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1e6),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 6e7),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3.6e9),
  ...[1, 2, 7, 14, 28, 84, 364].map((days) => days * 8.64e10),
];
const MONDAY_US = 4 * 8.64e10;
/** A field whose largest value is so many times its median is cut by powers of ten. */
const SPREAD = 200;

/** Whole numbers with so few values are names (ports, event ids, states): bars tell more than a histogram. */
const FEW_VALUES = 30;

/** True for a field that is shown by its most frequent values. */
export function isNamed({ kind, integer, distinctCount }: FieldSummary): boolean {
  return (
    kind === "text" || (kind === "number" && integer && distinctCount !== null && distinctCount <= FEW_VALUES)
  );
}

/** Cuts a field into at most about `atMost` bins at round edges; null when it has no values to cut. */
export function cutField(summary: FieldSummary, atMost: number): StepDimension | LogDimension | null {
  const { field, type, minimum, maximum, median, integer } = summary;
  if (minimum === null || maximum === null || isNamed(summary)) return null;
  if (summary.kind === "time") {
    const step =
      TIME_STEPS_US.find((one) => timeBinsOf(minimum, maximum, one) <= atMost) ??
      Math.ceil((maximum - minimum) / atMost / 8.64e10) * 8.64e10;
    const from = floorTime(minimum, step);
    return {
      kind: "step",
      field,
      type,
      time: true,
      integer: true,
      from,
      step,
      size: timeBinsOf(minimum, maximum, step),
    };
  }
  if (
    minimum >= 0 &&
    maximum >= 100 &&
    median !== null &&
    maximum > SPREAD * Math.max(median, minimum, 1e-9)
  ) {
    // Without zero, NaN for a field of zeros cannot come up: the maximum is at least 100.
    const low = integer
      ? 0
      : Math.floor(Math.log10(Math.max(minimum > 0 ? minimum : maximum / 1e9, maximum / 1e9)));
    const powers = Math.floor(Math.log10(maximum)) + 1 - low;
    const perPower = Math.max(1, Math.min(8, Math.floor((atMost - 1) / powers)));
    return { kind: "log", field, type, integer, from: low, perPower, size: 1 + powers * perPower };
  }
  const span = maximum - minimum;
  // Differences in the last digits of doubles make no bins.
  if (span <= 1e-9 * Math.max(Math.abs(minimum), Math.abs(maximum)) || span < 1e-300)
    return { kind: "step", field, type, time: false, integer, from: minimum, step: span || 1, size: 1 };
  let step = niceStep(span / atMost);
  if (integer) step = Math.max(1, Math.round(step));
  step = Number(step.toPrecision(12));
  let from = Number((Math.floor(minimum / step) * step).toPrecision(12));
  if (from > minimum) from -= step;
  let size = Math.floor((maximum - from) / step) + 1;
  if (!integer && size > 1 && from + (size - 1) * step >= maximum) size -= 1;
  return { kind: "step", field, type, time: false, integer, from, step, size: Math.max(1, size) };
}

/** Values of a field with a bin for all the others. */
export function valueDimension(
  field: string,
  type: string,
  values: readonly (string | null)[],
  hasOthers: boolean,
): ValueDimension {
  return { kind: "values", field, type, values, hasOthers, size: values.length + 1 };
}

function timeBinsOf(minimum: number, maximum: number, step: number): number {
  return Math.round((floorTime(maximum, step) - floorTime(minimum, step)) / step) + 1;
}

function floorTime(micros: number, step: number): number {
  const origin = step % (7 * 8.64e10) === 0 ? MONDAY_US : 0;
  return Math.floor((micros - origin) / step) * step + origin;
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = raw / power;
  return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

/** Bin of a value (microseconds, number or text); -1 for one that lies in none. */
export function binIn(dimension: Dimension, value: number | string | null): number {
  if (dimension.kind === "values") {
    const bin = dimension.values.indexOf(value as string | null);
    return bin < 0 ? dimension.values.length : bin;
  }
  if (typeof value !== "number" || Number.isNaN(value)) return -1;
  if (dimension.kind === "log") {
    if (value <= 0) return 0;
    return Math.min(
      dimension.size - 1,
      Math.max(1, 1 + Math.floor((Math.log10(value) - dimension.from) * dimension.perPower)),
    );
  }
  const bin = Math.floor((value - dimension.from) / dimension.step);
  return bin < 0 ? -1 : Math.min(bin, dimension.size - 1);
}

/** Lower edge of a bin, microseconds or number; `size` gives the upper edge of all. */
export function edgeOf(dimension: StepDimension | LogDimension, bin: number): number {
  if (dimension.kind === "step") return dimension.from + bin * dimension.step;
  return bin <= 0 ? 0 : 10 ** (dimension.from + (bin - 1) / dimension.perPower);
}

/** The chosen bins of one dimension: a range of bins, or some values. */
export type BinChoice =
  | { readonly kind: "range"; readonly first: number; readonly last: number }
  | { readonly kind: "some"; readonly bins: readonly number[] };

/** The condition that keeps the rows of the chosen bins, exact: the upper end of a range is the last value in it. */
export function conditionOf(dimension: Dimension, choice: BinChoice): ResultFilter {
  const { field } = dimension;
  if (dimension.kind === "values") {
    const bins = choice.kind === "some" ? choice.bins : rangeOf(choice.first, choice.last);
    const others = bins.includes(dimension.values.length);
    const named = bins.filter((bin) => bin < dimension.values.length);
    // All the others are what is not one of the named.
    if (others)
      return {
        column: field,
        test: "not in",
        values: dimension.values.filter((_value, bin) => !named.includes(bin)),
      };
    return { column: field, test: "in", values: named.map((bin) => dimension.values[bin] ?? null) };
  }
  const [first, last] =
    choice.kind === "range"
      ? [choice.first, choice.last]
      : [Math.min(...choice.bins), Math.max(...choice.bins)];
  const isTop = last >= dimension.size - 1;
  const lower = edgeOf(dimension, first);
  const upper = edgeOf(dimension, last + 1);
  if (dimension.kind === "step" && dimension.time)
    return {
      column: field,
      test: "between",
      from: microsText(lower, dimension.type, false),
      until: microsText(upper, dimension.type, true),
    };
  const text = (value: number) => (dimension.integer ? BigInt(Math.round(value)).toString() : String(value));
  return {
    column: field,
    test: "between",
    from:
      dimension.kind === "log" && first === 0
        ? null
        : dimension.integer
          ? text(Math.ceil(lower))
          : text(lower),
    until: isTop
      ? null
      : dimension.kind === "log" && last === 0
        ? "0"
        : dimension.integer
          ? text(Math.ceil(upper) - 1)
          : text(below(upper)),
  };
}

function rangeOf(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_bin, index) => first + index);
}

/** Text of an instant as DuckDB reads it; `before` gives the last instant before it that the type can hold. */
function microsText(micros: number, type: string, before: boolean): string {
  if (type === "DATE") {
    const days = before ? Math.ceil(micros / 8.64e10) - 1 : Math.ceil(micros / 8.64e10);
    return new Date(days * 8.64e7).toISOString().slice(0, 10);
  }
  const at = before ? micros - 1 : micros;
  const text = `${new Date(Math.floor(at / 1000)).toISOString().slice(0, 23).replace("T", " ")}${String(((at % 1000) + 1000) % 1000).padStart(3, "0")}`;
  const exact = before && type === "TIMESTAMP_NS" ? `${text}999` : text.replace(/\.000000$/, "");
  return /TIME ZONE|TIMESTAMPTZ/.test(type) ? `${exact}+00` : exact;
}

/** The largest double below a number. */
export function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

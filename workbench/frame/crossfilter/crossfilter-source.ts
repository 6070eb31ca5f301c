import type { ResultFilter } from "../../../notebooks/result/result.ts";
import type { BinChoice, Dimension, FieldSummary } from "./dimension.ts";

/** A view asks how many rows lie in each combination of bins; without dimensions: how many there are. */
export interface CrossfilterView {
  readonly dimensions: readonly Dimension[];
  /** The last dimension varies fastest. Called at each change of another view's choice. */
  take(counts: Float64Array): void;
  fail(message: string): void;
}

/** A view that a source keeps up to date. */
export interface OpenView {
  /** The view is about to choose: a source may prepare the answers. */
  near(): void;
  /**
   * Choices by dimension; null keeps all rows. The other views are counted again; resolves when they are, for this choice
   * or a later one.
   */
  choose(choices: readonly BinChoice[] | null): Promise<void>;
  close(): void;
}

/** Rows that a crossfilter looks at: kept by the server, or in the frame's memory. */
export interface CrossfilterSource {
  readonly rowCount: number;
  /** Fields with their types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  summarise(fields: readonly string[]): Promise<readonly FieldSummary[]>;
  /** The most frequent values among the rows that pass; text as DuckDB casts it, null for NULL. */
  topValues(
    field: string,
    limit: number,
    filters: readonly ResultFilter[],
  ): Promise<readonly { readonly value: string | null; readonly count: number }[]>;
  open(view: CrossfilterView): OpenView;
  /** The first rows that pass, as texts. */
  rows(
    columns: readonly string[],
    limit: number,
    filters: readonly ResultFilter[],
  ): Promise<readonly (readonly (string | null)[])[]>;
  close(): void;
}

const TIME = /^(TIMESTAMP|DATE)/;
const NUMBER = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/;
const INTEGER = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,\s*0\))$/;

/** How a column of a DuckDB type is cut. */
export function kindOfType(type: string): { readonly kind: FieldSummary["kind"]; readonly integer: boolean } {
  if (type.endsWith("[]")) return { kind: "text", integer: false };
  if (TIME.test(type)) return { kind: "time", integer: true };
  if (NUMBER.test(type)) return { kind: "number", integer: INTEGER.test(type) };
  return { kind: "text", integer: false };
}

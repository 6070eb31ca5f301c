/** Rows that meet what a query asks, and rows that nearly do. */
import { type Hints, KEYWORD_FIELD, type Row, type Value } from "./row.ts";

/** A small generator of numbers below 1: the same seed, the same rows. */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
  for (let warm = 0; warm < 8; warm += 1) next();
  return next;
}

export interface RowOptions {
  /** Texts of another case are tried. */
  readonly otherCase: boolean;
  /** Texts are tried inside longer ones. */
  readonly longer: boolean;
  readonly missing: boolean;
  /** Only addresses are tried: a query that stands for a network by wildcards means no other texts. */
  readonly addresses: boolean;
}

/** A column's values are all numbers, or texts. */
export function isNumeric(hits: readonly Value[]): boolean {
  return (
    hits.some((value) => typeof value === "number") &&
    hits.every((value) => typeof value === "number" || value === null)
  );
}

export function rowsFor(hints: Hints, count: number, options: RowOptions, seed = 7): Row[] {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const fields = new Map([[KEYWORD_FIELD, ["nothing"] as Value[]], ...hints.hits]);
  const all = [...hints.hits.values()].flat().filter((value) => typeof value === "string");
  const near = (value: Value): Value => {
    if (value === null) return "";
    if (options.addresses) return pick(["192.172.0.1", "10.10.11.1", "192.167.255.255", "10.0.0.1", ...all]);
    if (typeof value === "number") return value + pick([-1, 1, 100]);
    const ways: Value[] = [
      `${value.slice(0, -1)}!`,
      `other ${all.length > 0 ? pick(all).length : 0}`,
      ...all,
    ];
    if (options.longer) ways.push(`${value}more`, `before${value}`, `before ${value} more`);
    if (options.otherCase) ways.push(value.toUpperCase(), value.toLowerCase(), swapped(value));
    if (options.missing) ways.push("");
    return pick(ways);
  };
  return Array.from({ length: count }, () =>
    Object.fromEntries(
      [...fields].map(([field, hits]): [string, Value] => {
        const numeric = isNumeric(hits);
        const chance = random();
        if (chance < 0.62) return [field, pick(hits)];
        if (chance < 0.9 || !options.missing)
          return [field, numeric ? near(pick(hits.filter((one) => one !== null))) : near(pick(hits))];
        return [field, null];
      }),
    ),
  );
}

function swapped(text: string): string {
  return [...text]
    .map((sign) => (sign === sign.toLowerCase() ? sign.toUpperCase() : sign.toLowerCase()))
    .join("");
}

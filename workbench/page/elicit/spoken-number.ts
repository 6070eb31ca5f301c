import type { InputKind, Shape } from "../../../promote/risk/elicit/elicited-input.ts";
import { formatUsd } from "../../format/number.ts";

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9, bn: 1e9 };

/** What a person types: `2.5M`, `$400,000`, `40%`, `0.1`. NaN when it is no number. Percent stays as typed (40). */
export function readNumber(text: string): number {
  const found = /^\$?\s*(\d[\d,]*(?:\.\d+)?|\.\d+)\s*(k|m|bn?|%)?$/i.exec(text.trim());
  if (!found) return Number.NaN;
  return Number(found[1]!.replaceAll(",", "")) * (FACTORS[found[2]?.toLowerCase() ?? ""] ?? 1);
}

/** The model's value of what was typed: probabilities are asked for in percent. */
export function readValue(shape: Shape, text: string): number {
  const number = readNumber(text);
  return shape === "probability" ? number / 100 : number;
}

/** How a value is typed, so that it can be changed. */
export function typedValue(shape: Shape, value: number): string {
  return String(Number((shape === "probability" ? value * 100 : value).toPrecision(3)));
}

/** A value with its unit: `$2.5M`, `40%`, `0.15 a year`, `12 min`. */
export function formatValue(kind: InputKind, value: number): string {
  switch (kind) {
    case "severity":
    case "cost":
      return formatUsd(value);
    case "frequency":
    case "alerts":
      return `${plain(value)} a year`;
    case "minutes":
      return `${plain(value)} min`;
    default:
      return `${plain(value * 100)}%`;
  }
}

/** `0.05 to 0.5 a year`. */
export function formatInterval(kind: InputKind, low: number, high: number): string {
  const [from, until] = [formatValue(kind, low), formatValue(kind, high)];
  return `${from.replace(/( a year| min)$/, "")} to ${until}`;
}

function plain(value: number): string {
  return Number(value.toPrecision(value >= 100 ? 4 : 2)).toLocaleString("en-US", {
    maximumSignificantDigits: 4,
  });
}

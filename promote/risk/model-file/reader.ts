import type { Issue } from "../../../connectors/issue/issue.ts";
import type { Distribution } from "../distribution.ts";
import { betaFromInterval, gammaFromInterval } from "../from-interval.ts";
import { lognormalFromInterval } from "../lognormal.ts";
import type { Origin, Quantity } from "../model.ts";
import { pert } from "../pert.ts";

/** Keys and indexes from the file's root. */
export type Path = readonly (string | number)[];
type Node = { readonly [key: string]: unknown };
type Shape = "rate" | "probability" | "amount";

const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Reads parsed YAML into values; what is wrong becomes an issue with its line, and reading goes on. */
export class Reader {
  readonly issues: Issue[] = [];
  readonly place: string;
  readonly lineOf: (path: Path) => number | null;

  constructor(place: string, lineOf: (path: Path) => number | null) {
    this.place = place;
    this.lineOf = lineOf;
  }

  at(path: Path): string {
    const line = this.lineOf(path);
    return line === null ? `${this.place}#${path.join(".")}` : `${this.place}:${line}`;
  }

  report(severity: Issue["severity"], code: string, path: Path, message: string, remedy: string): void {
    this.issues.push({ severity, code: `risk.${code}`, place: this.at(path), message, remedy });
  }

  error(code: string, path: Path, message: string, remedy: string): void {
    this.report("error", code, path, message, remedy);
  }

  map(value: unknown, path: Path): Node {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Node;
    if (value !== undefined && value !== null)
      this.error("shape", path, `${name(path)} is not a mapping.`, "Write it as keys and values.");
    return {};
  }

  list(value: unknown, path: Path): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== undefined && value !== null)
      this.error("shape", path, `${name(path)} is not a list.`, "Write it as a list of entries.");
    return [];
  }

  known(node: Node, path: Path, keys: readonly string[]): void {
    for (const key of Object.keys(node)) {
      if (keys.includes(key)) continue;
      this.error(
        "unknown-key",
        [...path, key],
        `${key} is not a key here.`,
        `Use one of ${keys.join(", ")}.`,
      );
    }
  }

  number(value: unknown, path: Path, bounds: { min?: number; max?: number }, fallback: number): number {
    if (value === undefined || value === null) return fallback;
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
    if (typeof value === "number" && Number.isFinite(value) && value >= min && value <= max) return value;
    this.error(
      "number",
      path,
      `${name(path)} must be a number${bounds.min === undefined ? "" : ` of at least ${min}`}${bounds.max === undefined ? "" : ` and at most ${max}`}.`,
      "Write a plain number.",
    );
    return fallback;
  }

  text(value: unknown, path: Path, fallback = ""): string {
    if (value === undefined || value === null) return fallback;
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    if (value instanceof Date) return value.toISOString().slice(0, 10);
    this.error("text", path, `${name(path)} must be text.`, "Write plain text.");
    return fallback;
  }

  texts(value: unknown, path: Path): string[] {
    return this.list(value, path).map((item, i) => this.text(item, [...path, i]));
  }

  id(value: unknown, path: Path): string {
    const id = this.text(value, path);
    if (!ID.test(id))
      this.error(
        "id",
        path,
        `${name(path)} needs an id.`,
        "Letters, digits, dash, dot and underscore, at most 64.",
      );
    return id;
  }

  pair(value: unknown, path: Path): readonly [number, number] | null {
    if (Array.isArray(value) && value.length === 2 && value.every((item) => Number.isFinite(item))) {
      return [value[0] as number, value[1] as number];
    }
    this.error("pair", path, `${name(path)} must be two numbers.`, "Write [low, high].");
    return null;
  }

  label(node: Node, path: Path): Omit<Quantity, "distribution"> {
    const origin = node.origin ?? "elicited";
    if (origin !== "default" && origin !== "elicited" && origin !== "measured") {
      this.error(
        "origin",
        [...path, "origin"],
        "The origin is not known.",
        "Use default, elicited or measured.",
      );
    }
    return {
      origin: origin as Origin,
      author: this.text(node.author, [...path, "author"]),
      date: this.text(node.date, [...path, "date"]),
      evidence: this.number(node.evidence, [...path, "evidence"], { min: 0 }, 0),
      source: this.text(node.source, [...path, "source"]),
    };
  }

  quantity(value: unknown, path: Path, shape: Shape, fallback: Quantity): Quantity {
    if (value === undefined || value === null) return fallback;
    const bounds = shape === "probability" ? { min: 0, max: 1 } : { min: 0 };
    if (typeof value === "number") {
      return {
        distribution: { kind: "fixed", value: this.number(value, path, bounds, 0) },
        ...this.label({}, path),
      };
    }
    const node = this.map(value, path);
    this.known(node, path, [
      ...["value", "interval", "beta", "gamma", "pert"],
      ...["origin", "author", "date", "evidence", "source"],
    ]);
    const distribution = this.distribution(node, path, shape, bounds);
    return distribution ? { distribution, ...this.label(node, path) } : fallback;
  }

  distribution(
    node: Node,
    path: Path,
    shape: Shape,
    bounds: { min?: number; max?: number },
  ): Distribution | null {
    const given = ["value", "interval", "beta", "gamma", "pert"].filter((key) => node[key] !== undefined);
    const kind = given[0];
    if (given.length !== 1 || kind === undefined) {
      this.error(
        "quantity",
        path,
        `${name(path)} needs exactly one of value, interval, beta, gamma and pert.`,
        "Keep one of them.",
      );
      return null;
    }
    const own = [...path, kind];
    if (kind === "value") return { kind: "fixed", value: this.number(node.value, own, bounds, 0) };
    if (kind === "pert") {
      const three = this.list(node.pert, own).map((item, i) => this.number(item, [...own, i], bounds, 0));
      const [min = 0, mode = 0, max = 0] = three;
      if (three.length === 3 && min <= mode && mode <= max && min < max)
        return { kind: "pert", ...pert(min, mode, max) };
      this.error("pert", own, "A pert needs three rising numbers.", "Write [least, most likely, most].");
      return null;
    }
    const two = this.pair(node[kind], own);
    if (!two) return null;
    const [first, second] = two;
    if (kind === "beta" || kind === "gamma") {
      if (!(first > 0 && second > 0)) {
        this.error(kind, own, `Both numbers of a ${kind} must be above 0.`, "Write two positive numbers.");
        return null;
      }
      if ((kind === "beta") !== (shape === "probability")) {
        this.error(
          kind,
          own,
          `A ${kind} does not fit ${name(path)}.`,
          shape === "probability" ? "Use beta for a probability." : "Use gamma for a rate.",
        );
        return null;
      }
      return kind === "beta"
        ? { kind: "beta", a: first, b: second }
        : { kind: "gamma", shape: first, rate: second };
    }
    const top = shape === "probability" ? 1 : Number.POSITIVE_INFINITY;
    if (!(first > 0 && first < second && second < top)) {
      this.error(
        "interval",
        own,
        `The interval of ${name(path)} must rise and lie strictly between 0 and ${shape === "probability" ? "1" : "infinity"}.`,
        "Write [low, high] of what you are 90% sure of.",
      );
      return null;
    }
    if (shape === "probability") return { kind: "beta", ...betaFromInterval(first, second) };
    if (shape === "rate") return { kind: "gamma", ...gammaFromInterval(first, second) };
    return { kind: "lognormal", ...lognormalFromInterval(first, second) };
  }
}

function name(path: Path): string {
  return path.length === 0 ? "the file" : path.join(".");
}

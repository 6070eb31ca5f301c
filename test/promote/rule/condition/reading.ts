/** A plain reading of what a condition means for one row, to hold the SQL against. */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { Condition, ConditionValue, FieldTest } from "../../../../promote/rule/condition/condition.ts";

export type Cell = string | bigint | number | boolean | null | undefined | readonly Cell[];
/** Undefined or null where a field is missing. */
export type Row = Readonly<Record<string, Cell>>;

export function holds(condition: Condition, row: Row): boolean {
  switch (condition.kind) {
    case "all":
      return condition.of.every((one) => holds(one, row));
    case "any":
      return condition.of.some((one) => holds(one, row));
    case "not":
      return !holds(condition.of, row);
    case "test":
      return testHolds(condition, row);
  }
}

function testHolds(test: FieldTest, row: Row): boolean {
  if (test.operator === "keyword") {
    const filled = Object.values(row).filter((cell) => cell !== null && cell !== undefined);
    const event = fold(filled.map(text).join("\n"), test);
    return several(test, (value) => like([...event], [..."*", ...fold(String(value), test), ..."*"]));
  }
  const cells = [row[test.field]].flat(3).filter((cell) => cell !== null && cell !== undefined);
  if (test.operator === "is-null") return cells.length === 0;
  if (test.operator === "exists") return cells.length > 0;
  return several(test, (value) =>
    value === null ? cells.length === 0 : cells.some((cell) => cellHolds(test, cell, value, row)),
  );
}

function several(test: FieldTest, one: (value: ConditionValue) => boolean): boolean {
  return test.everyValue ? test.values.every(one) : test.values.some(one);
}

function text(cell: Cell): string {
  return typeof cell === "number" && Number.isInteger(cell) ? `${cell}.0` : String(cell);
}

function fold(written: string, test: FieldTest): string {
  if (test.caseSensitive) return written;
  return [...written].map((sign) => (sign === "İ" ? "i" : sign.toLowerCase())).join("");
}

function cellHolds(test: FieldTest, cell: Cell, value: NonNullable<ConditionValue>, row: Row): boolean {
  const [own, asked] = [fold(text(cell), test), fold(String(value), test)];
  const isNumber = typeof cell === "bigint" || typeof cell === "number";
  switch (test.operator) {
    case "is":
      if (isNumber && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(String(value)))
        return Number(cell) === Number(value);
      return own === asked;
    case "contains":
      return own.includes(asked);
    case "starts-with":
      return own.startsWith(asked);
    case "ends-with":
      return own.endsWith(asked);
    case "glob":
      return like([...own], [...asked]);
    case "regex":
      return new RegExp(
        String(value),
        [...new Set(`u${test.flags ?? ""}${test.caseSensitive ? "" : "i"}`)].join(""),
      ).test(text(cell));
    case "cidr":
      return inNetwork(text(cell), String(value));
    case "same-as-field": {
      const other = [row[String(value)]].flat(3).filter((one) => one !== null && one !== undefined);
      return other.some((one) => {
        const right = fold(text(one), test);
        if (test.fieldPart === "contains") return own.includes(right);
        if (test.fieldPart === "starts-with") return own.startsWith(right);
        if (test.fieldPart === "ends-with") return own.endsWith(right);
        return isNumber && (typeof one === "bigint" || typeof one === "number")
          ? Number(cell) === Number(one)
          : own === right;
      });
    }
    default: {
      if (typeof cell === "boolean" || (!isNumber && !/^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(text(cell))))
        return false;
      const difference = Number(cell) - Number(value);
      return {
        less: difference < 0,
        "less-or-equal": difference <= 0,
        greater: difference > 0,
        "greater-or-equal": difference >= 0,
      }[test.operator as "less"];
    }
  }
}

/** Whether signs are of a pattern, tried sign by sign. */
function like(signs: readonly string[], pattern: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return signs.length === 0;
  if (head === "*") {
    for (let skipped = 0; skipped <= signs.length; skipped += 1)
      if (like(signs.slice(skipped), rest)) return true;
    return false;
  }
  if (head === "\\" && rest[0] !== undefined && "*?\\".includes(rest[0]))
    return signs[0] === rest[0] && like(signs.slice(1), rest.slice(1));
  if (signs.length === 0) return false;
  return (head === "?" || head === signs[0]) && like(signs.slice(1), rest);
}

function inNetwork(written: string, network: string): boolean {
  const [address, bits] = network.split("/");
  const list = new BlockList();
  const version = isIPv6(address!) ? "ipv6" : "ipv4";
  list.addSubnet(address!, Number(bits ?? (version === "ipv6" ? 128 : 32)), version);
  const bare = written.replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (version === "ipv4") {
    const four = isIPv4(written) ? written : mapped;
    return four !== undefined && list.check(four, "ipv4");
  }
  return isIPv6(bare) && list.check(bare, "ipv6");
}

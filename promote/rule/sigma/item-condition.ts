/** One item of a Sigma detection as a condition. Browser-safe: pure functions only. */
import type { Issue } from "../../../connectors/issue/issue.ts";
import type { Condition, ConditionOperator, ConditionValue, FieldTest } from "../condition/condition.ts";
import { type GlobPart, globPattern } from "../condition/glob.ts";
import type { SigmaItem, SigmaValue } from "./sigma-rule.ts";
import {
  base64,
  base64Offsets,
  dashed,
  dashedRegex,
  isAny,
  surrounded,
  type TextValue,
  textValue,
  utf16,
  type ValueRefusal,
} from "./value.ts";

const ORDERS = { lt: "less", lte: "less-or-equal", gt: "greater", gte: "greater-or-equal" } as const;
const DATE_PARTS = ["minute", "hour", "day", "week", "month", "year"] as const;
const PLACES = ["contains", "startswith", "endswith"];
const TEXTS = [...PLACES, "windash", "wide", "utf16le", "utf16be", "utf16", "base64", "base64offset"];
const KINDS = ["re", "cidr", "exists", "fieldref", ...Object.keys(ORDERS), ...DATE_PARTS];
const FLAGS = ["i", "m", "s", "ignorecase", "multiline", "dotall"];
/** Every modifier of specification 2.1 (and the long names of the flags that pySigma also reads). */
export const SIGMA_MODIFIERS: readonly string[] = [
  ...TEXTS,
  ...KINDS,
  ...FLAGS,
  "all",
  "cased",
  "neq",
  "expand",
];

type Report = (severity: Issue["severity"], code: string, message: string, remedy: string) => void;

/** One alternative of a value: what it is after the modifiers. */
type Alternative =
  | { readonly kind: "text"; readonly text: TextValue }
  | { readonly kind: "regex"; readonly pattern: string; readonly flags: string }
  | { readonly kind: "value"; readonly value: ConditionValue };

/**
 * Writes an item as a condition over the rule's own field names. Null when it cannot be said; the reason is then in
 * `issues`, by name and with its line.
 */
export function itemCondition(item: SigmaItem, place: string, issues: Issue[]): Condition | null {
  const report: Report = (severity, code, message, remedy) =>
    issues.push({ severity, code: `sigma.${code}`, place: `${place}:${item.line}`, message, remedy });
  const before = issues.length;
  checkModifiers(item, report);
  if (issues.slice(before).some(({ severity }) => severity === "error")) return null;
  const condition = writeItem(item, report);
  if (issues.slice(before).some(({ severity }) => severity === "error")) return null;
  return condition && item.modifiers.includes("neq") ? { kind: "not", of: condition } : condition;
}

function named(item: SigmaItem): string {
  return [item.field, ...item.modifiers].join("|");
}

function checkModifiers(item: SigmaItem, report: Report): void {
  for (const modifier of item.modifiers) {
    if (!SIGMA_MODIFIERS.includes(modifier))
      report(
        "error",
        "modifier.unknown",
        `\`${modifier}\` in \`${named(item)}\` is no modifier of Sigma 2.1.`,
        "Remove or correct it.",
      );
  }
  const kinds = item.modifiers.filter(
    (modifier) => KINDS.includes(modifier) && !(DATE_PARTS as readonly string[]).includes(modifier),
  );
  if (
    kinds.length > 1 ||
    item.modifiers.filter((one) => (DATE_PARTS as readonly string[]).includes(one)).length > 1
  )
    report(
      "error",
      "modifier.together",
      `The modifiers of \`${named(item)}\` exclude each other.`,
      "Keep one of them.",
    );
  const texts = item.modifiers.filter((modifier) => TEXTS.includes(modifier));
  const forbidden =
    kinds[0] === "re" || kinds[0] === "fieldref" ? texts.filter((one) => !PLACES.includes(one)) : texts;
  if ((kinds.length > 0 || datePartOf(item)) && forbidden.length > 0)
    report(
      "error",
      "modifier.together",
      `\`${forbidden[0]}\` does not go with the other modifiers of \`${named(item)}\`.`,
      "Keep one of them.",
    );
  if (item.modifiers.some((modifier) => FLAGS.includes(modifier)) && kinds[0] !== "re")
    report(
      "error",
      "modifier.flag",
      `\`${named(item)}\` has a flag of regular expressions and none of \`re\`.`,
      "Write `re|i`.",
    );
  if (item.field === "" && (datePartOf(item) || (kinds.length > 0 && kinds[0] !== "re")))
    report(
      "error",
      "modifier.keyword",
      `\`${named(item)}\` needs a field.`,
      "Name the field before the first `|`.",
    );
  if (item.modifiers.includes("all") && item.values.length === 1)
    report(
      "warning",
      "modifier.all",
      `\`all\` of \`${named(item)}\` has a single value.`,
      "Leave `all` out.",
    );
}

function datePartOf(item: SigmaItem): (typeof DATE_PARTS)[number] | undefined {
  return DATE_PARTS.find((part) => item.modifiers.includes(part));
}

function writeItem(item: SigmaItem, report: Report): Condition | null {
  const has = (modifier: string): boolean => item.modifiers.includes(modifier);
  const base = { kind: "test", field: item.field, everyValue: false, caseSensitive: has("cased") } as const;
  const operator: ConditionOperator | undefined = Object.entries(ORDERS).find(([modifier]) =>
    has(modifier),
  )?.[1];
  const part = datePartOf(item);
  if (has("exists")) return existence(item, base, report);
  if (has("fieldref")) return fieldReference(item, base, report);
  if (operator || part) {
    const values = item.values.map((value) => numberOf(value));
    if (values.includes(null)) {
      report(
        "error",
        "value.type",
        `\`${named(item)}\` compares with something that is no number.`,
        "Give numbers.",
      );
      return null;
    }
    return grouped(item, (value) => [
      {
        ...base,
        operator: operator ?? "is",
        values: [numberOf(value)!],
        ...(part ? { datePart: part } : {}),
      },
    ]);
  }
  if (has("cidr")) return grouped(item, (value) => [{ ...base, operator: "cidr", values: [String(value)] }]);
  let failed = false;
  const condition = grouped(item, (value) => {
    const alternatives = alternativesOf(value, item, report);
    failed ||= alternatives === null;
    return (alternatives ?? []).map((one) => alternativeTest(one, base, has("re")));
  });
  return failed ? null : condition;
}

type Base = Pick<FieldTest, "kind" | "field" | "everyValue" | "caseSensitive">;

/** Truth as older YAML wrote it too, which rules do. */
const YES_NO: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

function existence(item: SigmaItem, base: Base, report: Report): Condition | null {
  const [value] = item.values;
  const wanted = typeof value === "boolean" ? value : YES_NO[String(value).toLowerCase()];
  if (item.values.length !== 1 || wanted === undefined) {
    report("error", "value.type", `\`${named(item)}\` needs true or false.`, "Give one of them.");
    return null;
  }
  const test: FieldTest = { ...base, operator: "exists", values: [] };
  return wanted ? test : { kind: "not", of: test };
}

function fieldReference(item: SigmaItem, base: Base, report: Report): Condition | null {
  if (!item.values.every((value) => typeof value === "string" && value !== "")) {
    report("error", "value.type", `\`${named(item)}\` names no field.`, "Give the other field's name.");
    return null;
  }
  const part = { contains: "contains", startswith: "starts-with", endswith: "ends-with" } as const;
  const place = Object.entries(part).find(([modifier]) => item.modifiers.includes(modifier))?.[1];
  return grouped(item, (value) => [
    { ...base, operator: "same-as-field", values: [String(value)], ...(place ? { fieldPart: place } : {}) },
  ]);
}

function numberOf(value: SigmaValue): number | bigint | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^-?\d+(?:\.\d+)?$/.test(value)) return null;
  const number = Number(value);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? BigInt(value) : number;
}

/** Applies the modifiers in their order to one value. Null after an error. */
function alternativesOf(value: SigmaValue, item: SigmaItem, report: Report): Alternative[] | null {
  const texts = item.modifiers.some(
    (modifier) => TEXTS.includes(modifier) || modifier === "re" || modifier === "expand",
  );
  if (value === null || (typeof value !== "string" && !texts && item.field !== ""))
    return [{ kind: "value", value }];
  const isRegex = item.modifiers.includes("re");
  let alternatives: Alternative[] = isRegex
    ? [{ kind: "regex", pattern: String(value), flags: flagsOf(item) }]
    : [{ kind: "text", text: textValue(value) }];
  for (const modifier of item.modifiers) {
    const next: Alternative[] = [];
    for (const alternative of alternatives) {
      const changed = changedBy(modifier, alternative, String(value));
      if ("message" in changed) {
        report(
          "error",
          modifier === "expand" ? "placeholder" : "modifier.value",
          `${changed.message} (\`${named(item)}\`)`,
          changed.remedy,
        );
        return null;
      }
      next.push(...changed.alternatives);
    }
    alternatives = next;
  }
  return alternatives;
}

function flagsOf(item: SigmaItem): string {
  return ["i", "m", "s"]
    .filter((flag) =>
      item.modifiers.some(
        (modifier) =>
          modifier === flag || modifier === { i: "ignorecase", m: "multiline", s: "dotall" }[flag],
      ),
    )
    .join("");
}

function changedBy(
  modifier: string,
  one: Alternative,
  written: string,
): { alternatives: Alternative[] } | ValueRefusal {
  const same = { alternatives: [one] };
  if (modifier === "expand") {
    const name = /(?<!\\)%([^%\s]+)(?<!\\)%/.exec(written)?.[1];
    if (name === undefined) return same;
    return {
      message: `Nothing says what the placeholder \`%${name.slice(0, 60)}%\` stands for.`,
      remedy: "Give its values in a pipeline (`value_placeholders`).",
    };
  }
  if (one.kind === "regex") {
    const anchored = { startswith: `^(?:${one.pattern})`, endswith: `(?:${one.pattern})$` }[modifier];
    return anchored === undefined ? same : { alternatives: [{ ...one, pattern: anchored }] };
  }
  if (one.kind === "value") return same;
  const text = (value: TextValue): { alternatives: Alternative[] } => ({
    alternatives: [{ kind: "text", text: value }],
  });
  switch (modifier) {
    case "contains":
      return text(surrounded(one.text, true, true));
    case "startswith":
      return text(surrounded(one.text, false, true));
    case "endswith":
      return text(surrounded(one.text, true, false));
    case "windash": {
      const ways = dashed(one.text);
      if (ways) return { alternatives: ways.map((way) => ({ kind: "text", text: way })) };
      return { alternatives: [{ kind: "regex", pattern: dashedRegex(one.text), flags: "is" }] };
    }
    case "wide":
    case "utf16le":
      return text(utf16(one.text, "le", false));
    case "utf16be":
      return text(utf16(one.text, "be", false));
    case "utf16":
      return text(utf16(one.text, "le", true));
    case "base64": {
      const encoded = base64(one.text);
      return "message" in encoded ? encoded : text(encoded);
    }
    case "base64offset": {
      const encoded = base64Offsets(one.text);
      return "message" in encoded
        ? encoded
        : { alternatives: encoded.map((value) => ({ kind: "text", text: value })) };
    }
    default:
      return same;
  }
}

function alternativeTest(one: Alternative, base: Base, isRegex: boolean): FieldTest {
  if (one.kind === "value")
    return one.value === null
      ? { ...base, operator: "is-null", values: [] }
      : { ...base, operator: "is", values: [one.value] };
  if (one.kind === "regex") {
    const flags = base.caseSensitive ? one.flags.replace("i", "") : one.flags;
    return {
      ...base,
      operator: "regex",
      values: [one.pattern],
      caseSensitive: isRegex || base.caseSensitive,
      ...(flags === "" ? {} : { flags }),
    };
  }
  return { ...base, ...textOperator(one.text.parts, base.field === "") };
}

/** The operator and value that say a pattern most plainly. */
function textOperator(
  parts: readonly GlobPart[],
  isKeyword: boolean,
): Pick<FieldTest, "operator" | "values"> {
  if (isKeyword) {
    const begun = isAny(parts[0]) ? parts.slice(1) : parts;
    const ended = isAny(begun.at(-1)) ? begun.slice(0, -1) : begun;
    return { operator: "keyword", values: [globPattern(ended)] };
  }
  const plain = parts.filter((part) => typeof part === "string");
  const simple = plain.length <= 1 && parts.every((part) => typeof part === "string" || isAny(part));
  if (simple && plain.length === 0 && parts.length === 0) return { operator: "is", values: [""] };
  if (simple && plain.length === 1) {
    const values = [plain[0]!];
    if (parts.length === 1) return { operator: "is", values };
    if (parts.length === 3) return { operator: "contains", values };
    return { operator: isAny(parts[0]) ? "ends-with" : "starts-with", values };
  }
  return { operator: "glob", values: [globPattern(parts)] };
}

/** Any (with `all`: every one) of the values, where any of a value's own alternatives is enough. */
function grouped(item: SigmaItem, testsOf: (value: SigmaValue) => readonly FieldTest[]): Condition {
  const every = item.modifiers.includes("all") && item.values.length > 1;
  if (!every) return anyOf(item.values.flatMap(testsOf));
  const perValue = item.values.map((value) => anyOf(testsOf(value)));
  const [first] = perValue;
  const alike = perValue.every(
    (one) => one.kind === "test" && first?.kind === "test" && sameTest(one, first) && one.values.length === 1,
  );
  if (alike && first?.kind === "test")
    return {
      ...first,
      everyValue: true,
      values: perValue.flatMap((one) => (one.kind === "test" ? one.values : [])),
    };
  return { kind: "all", of: perValue };
}

/** Tests that differ in their values alone become one test. */
function anyOf(tests: readonly FieldTest[]): Condition {
  const merged: FieldTest[] = [];
  for (const test of tests) {
    const index = merged.findIndex((other) => sameTest(other, test) && test.values.length > 0);
    if (index < 0) {
      if (!merged.some((other) => sameTest(other, test))) merged.push(test);
    } else merged[index] = { ...merged[index]!, values: [...merged[index]!.values, ...test.values] };
  }
  return merged.length === 1 ? merged[0]! : { kind: "any", of: merged };
}

function sameTest(a: FieldTest, b: FieldTest): boolean {
  return (
    a.operator === b.operator &&
    a.field === b.field &&
    a.caseSensitive === b.caseSensitive &&
    a.flags === b.flags &&
    a.datePart === b.datePart &&
    a.fieldPart === b.fieldPart
  );
}

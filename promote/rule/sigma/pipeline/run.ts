import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import type { YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Condition, FieldTest } from "../../condition/condition.ts";
import { globParts } from "../../condition/glob.ts";
import { evaluateExpression } from "./boolean-expression.ts";
import { textOfValue } from "./pattern-text.ts";
import type {
  FieldNameCondition,
  Guard,
  ItemCondition,
  LogSource,
  PipelineItem,
  RuleCondition,
} from "./pipeline.ts";

/** A Sigma rule as a pipeline sees it. */
export interface PipelineRule {
  readonly kind: "rule" | "correlation";
  /** `id`, `title`, `level`, `status`, `author`, `date`, ... as the rule has them. */
  readonly attributes: Readonly<Record<string, string | number | readonly string[]>>;
  readonly logSource: LogSource;
  readonly tags: readonly string[];
  readonly fields: readonly string[];
  readonly condition: Condition;
}

export interface PipelineHelp {
  /** Reads fields with modifiers and values as the rule's own selections are read. */
  readonly selection: (tree: YamlTree, place: string) => Parsed<Condition>;
}

/** Thrown by a transformation that refuses the rule. */
export class PipelineRefusal extends Error {
  readonly issue: Issue;

  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

/** One rule on its way through pipelines: what it is by now, and which items have touched what. */
export class PipelineRun {
  readonly kind: PipelineRule["kind"];
  readonly help: PipelineHelp;
  readonly tags: readonly string[];
  attributes: Record<string, string | number | readonly string[]>;
  logSource: LogSource;
  fields: readonly string[];
  /** Null once every test was dropped. */
  condition: Condition | null;
  readonly state = new Map<string, string>();
  /** The renamings that took place, for names outside of tests (`group-by`): in their order. */
  readonly renamings: ((name: string) => readonly string[])[] = [];
  /** Names that a mapping has given. */
  readonly mappedNames = new Set<string>();
  readonly #onRule = new Set<string>();
  readonly #onTest = new WeakMap<FieldTest, ReadonlySet<string>>();
  readonly #onName = new Map<string, Set<string>>();

  constructor(rule: PipelineRule, help: PipelineHelp) {
    this.kind = rule.kind;
    this.help = help;
    this.tags = rule.tags;
    this.attributes = { ...rule.attributes };
    this.logSource = rule.logSource;
    this.fields = rule.fields;
    this.condition = rule.condition;
  }

  /** Notes that an item touched the rule, and a test or name of it. */
  touched(
    item: PipelineItem,
    before?: FieldTest,
    after: readonly FieldTest[] = [],
    names: readonly string[] = [],
  ): void {
    if (item.id !== "") {
      this.#onRule.add(item.id);
      for (const name of names) this.#onName.set(name, (this.#onName.get(name) ?? new Set()).add(item.id));
    }
    const known = before === undefined ? [] : [...(this.#onTest.get(before) ?? [])];
    for (const test of after)
      this.#onTest.set(test, new Set([...known, ...(item.id === "" ? [] : [item.id])]));
  }

  ruleHolds(item: PipelineItem): boolean {
    return holds(item.rule, (condition) => this.#rule(condition));
  }

  itemHolds(item: PipelineItem, test: FieldTest): boolean {
    return holds(item.item, (condition) => this.#test(condition, test));
  }

  nameHolds(item: PipelineItem, name: string): boolean {
    return holds(item.fieldName, (condition) => this.#name(condition, name));
  }

  /**
   * Puts something in the place of each test; null drops it, and with the last of a group the group.
   */
  changeTests(change: (test: FieldTest) => Condition | null): void {
    if (this.condition !== null) this.condition = changed(this.condition, change);
  }

  tests(): FieldTest[] {
    const found: FieldTest[] = [];
    const walk = (condition: Condition): void => {
      if (condition.kind === "test") found.push(condition);
      else if (condition.kind === "not") walk(condition.of);
      else for (const part of condition.of) walk(part);
    };
    if (this.condition !== null) walk(this.condition);
    return found;
  }

  #state(condition: { readonly key: string; readonly value: unknown }): boolean {
    return this.state.get(condition.key) === String(condition.value);
  }

  #rule(condition: RuleCondition): boolean {
    switch (condition.type) {
      case "logsource":
        return (["category", "product", "service"] as const).every(
          (part) => condition[part] === null || condition[part] === this.logSource[part],
        );
      case "contains_field":
        return this.tests().some(({ field }) => field !== "" && field === condition.field);
      case "contains_detection_item":
        return this.tests().some(
          (test) =>
            test.field === condition.field &&
            test.values.some((value) => sameValue(test, value, condition.value)),
        );
      case "processing_item_applied":
        return this.#onRule.has(condition.id);
      case "processing_state":
        return this.#state(condition);
      case "is_sigma_rule":
        return this.kind === "rule";
      case "is_sigma_correlation_rule":
        return this.kind === "correlation";
      case "tag":
        return this.tags.includes(condition.tag);
      case "rule_attribute":
        return attributeHolds(this.attributes[condition.attribute], condition);
    }
  }

  #test(condition: ItemCondition, test: FieldTest): boolean {
    if (condition.type === "processing_item_applied")
      return this.#onTest.get(test)?.has(condition.id) === true;
    if (condition.type === "processing_state") return this.#state(condition);
    const values = test.operator === "is-null" ? [null] : test.values;
    const one = (value: FieldTest["values"][number]): boolean => {
      if (condition.type === "match_value") return sameValue(test, value, condition.value);
      const text = textOfValue(test, value);
      if (condition.type === "match_string")
        return (text !== null && condition.pattern.test(text)) !== condition.negated;
      if (condition.type === "is_null") return value === null;
      return text !== null && globParts(text).some((part) => typeof part !== "string");
    };
    return condition.every ? values.every(one) : values.some(one);
  }

  #name(condition: FieldNameCondition, name: string): boolean {
    if (condition.type === "processing_item_applied")
      return this.#onName.get(name)?.has(condition.id) === true;
    if (condition.type === "processing_state") return this.#state(condition);
    const listed = condition.fields.some((field) =>
      typeof field === "string"
        ? field === name
        : new RegExp(field.source, field.flags.replace("g", "")).test(name),
    );
    return listed === (condition.type === "include_fields");
  }
}

function holds<Kind>(guard: Guard<Kind>, test: (condition: Kind) => boolean): boolean {
  if (guard.conditions.length === 0) return true;
  const result = guard.expression
    ? evaluateExpression(guard.expression, (name) =>
        guard.conditions.some((one) => one.name === name && test(one.condition)),
      )
    : guard.linking === "and"
      ? guard.conditions.every(({ condition }) => test(condition))
      : guard.conditions.some(({ condition }) => test(condition));
  return result !== guard.negated;
}

function sameValue(
  test: FieldTest,
  value: FieldTest["values"][number],
  wanted: string | number | boolean,
): boolean {
  if (typeof value !== "string")
    return value === wanted || (typeof value === "bigint" && Number(value) === wanted);
  return typeof wanted === "string" && textOfValue(test, value) === wanted;
}

const LEVELS = ["informational", "low", "medium", "high", "critical"];
const STATUSES = ["unsupported", "deprecated", "experimental", "test", "stable"];

function attributeHolds(
  found: string | number | readonly string[] | undefined,
  { attribute, value, operator }: Extract<RuleCondition, { type: "rule_attribute" }>,
): boolean {
  if (found === undefined) return false;
  if (typeof found === "object") {
    const included = found.includes(String(value));
    return operator === "in" ? included : operator === "not_in" ? !included : operator === "ne";
  }
  const scale = attribute === "level" ? LEVELS : attribute === "status" ? STATUSES : null;
  const order = (one: string | number | boolean): number | string =>
    scale === null
      ? typeof one === "boolean"
        ? String(one)
        : one
      : scale.indexOf(String(one).toLowerCase());
  const [left, right] = [order(found), order(value)];
  if (operator === "eq") return left === right || String(left) === String(right);
  if (operator === "ne") return String(left) !== String(right);
  if (typeof left !== typeof right) return false;
  if (operator === "gt") return left > right;
  if (operator === "gte") return left >= right;
  if (operator === "lt") return left < right;
  return operator === "lte" && left <= right;
}

function changed(condition: Condition, change: (test: FieldTest) => Condition | null): Condition | null {
  if (condition.kind === "test") return change(condition);
  if (condition.kind === "not") {
    const of = changed(condition.of, change);
    return of === null ? null : { kind: "not", of };
  }
  const of = condition.of.flatMap((part) => changed(part, change) ?? []);
  return of.length === 0 ? null : { kind: condition.kind, of };
}

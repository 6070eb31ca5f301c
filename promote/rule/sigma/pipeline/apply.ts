import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { shown, type YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Condition, FieldTest } from "../../condition/condition.ts";
import { renamed } from "./change-names.ts";
import { changeValues } from "./change-values.ts";
import type { LogSource, Pipeline, PipelineItem, Transformation } from "./pipeline.ts";
import { type PipelineHelp, PipelineRefusal, type PipelineRule, PipelineRun } from "./run.ts";

/** A rule after its pipelines. */
export interface PipelineResult {
  readonly logSource: LogSource;
  readonly fields: readonly string[];
  readonly condition: Condition;
  readonly attributes: PipelineRule["attributes"];
  /** What `set_state` noted, for those who read it: `index`, `data_source`. */
  readonly state: ReadonlyMap<string, string>;
  /** What the pipelines make of a name outside of the rule's tests, as in `group-by`. */
  readonly mapName: (name: string) => readonly string[];
}

/**
 * Takes a rule through pipelines, by priority and then in the order given. A rule that a pipeline refuses, or of which it
 * leaves nothing, is no rule any more: the issue says by which item. Works on the meaning of a rule, not on its text, so
 * that negations and groups stay what they were.
 */
export function applyPipelines(
  rule: PipelineRule,
  pipelines: readonly Pipeline[],
  help: PipelineHelp,
): Parsed<PipelineResult> {
  const run = new PipelineRun(rule, help);
  try {
    for (const { items } of inOrder(pipelines)) for (const item of items) applyItem(run, item);
  } catch (error) {
    if (error instanceof PipelineRefusal) return { ok: false, issues: [error.issue] };
    throw error;
  }
  if (run.condition === null) {
    const issue: Issue = {
      severity: "error",
      code: "sigma.pipeline.nothing-left",
      place: inOrder(pipelines)[0]?.name ?? "pipeline",
      message: "The pipelines drop every test of the rule: what is left would match every event.",
      remedy: "Keep a test, or leave the rule out.",
    };
    return { ok: false, issues: [issue] };
  }
  return {
    ok: true,
    value: {
      logSource: run.logSource,
      fields: run.fields,
      condition: run.condition,
      attributes: run.attributes,
      state: run.state,
      mapName: (name) =>
        run.renamings.reduce<readonly string[]>((names, rename) => names.flatMap(rename), [name]),
    },
    issues: [],
  };
}

/** Pipelines by priority; equal ones keep their order. */
export function inOrder(pipelines: readonly Pipeline[]): Pipeline[] {
  return [...pipelines].sort((left, right) => left.priority - right.priority);
}

function applyItem(run: PipelineRun, item: PipelineItem): void {
  if (!run.ruleHolds(item)) return;
  const { transformation } = item;
  switch (transformation.type) {
    case "nest":
      for (const inner of transformation.items) applyItem(run, inner);
      run.touched(item);
      return;
    case "field_name_mapping":
    case "field_name_prefix_mapping":
    case "field_name_prefix":
    case "field_name_suffix":
    case "field_name_transform":
      rename(run, item);
      return;
    case "drop_detection_item":
      run.changeTests((test) => (meant(run, item, test) ? touchedAs(run, item, test, null) : test));
      return;
    case "replace_string":
    case "map_string":
    case "regex":
    case "set_value":
    case "convert_type":
    case "case":
      run.changeTests((test) =>
        meant(run, item, test) ? touchedAs(run, item, test, changeValues(test, transformation)) : test,
      );
      return;
    case "hashes_fields":
      run.changeTests((test) =>
        meant(run, item, test) ? touchedAs(run, item, test, hashFields(item, test, transformation)) : test,
      );
      return;
    case "add_condition":
      addCondition(run, item, transformation);
      return;
    case "change_logsource": {
      const { category, product, service } = transformation;
      run.logSource = { category, product, service };
      run.touched(item);
      return;
    }
    case "add_field":
      run.fields = [...run.fields, ...transformation.fields];
      run.touched(item);
      return;
    case "remove_field":
      run.fields = run.fields.filter((field) => !transformation.fields.includes(field));
      run.touched(item);
      return;
    case "set_field":
      run.fields = transformation.fields;
      run.touched(item);
      return;
    case "set_state":
      run.state.set(transformation.key, transformation.value);
      run.touched(item);
      return;
    case "set_custom_attribute": {
      const { attribute, value } = transformation;
      run.attributes = { ...run.attributes, [attribute]: typeof value === "boolean" ? String(value) : value };
      run.touched(item);
      return;
    }
    case "rule_failure":
      throw refusal(item, transformation.message);
    case "detection_item_failure": {
      const found = run.tests().find((test) => meant(run, item, test));
      if (found) throw refusal(item, `${transformation.message} (${found.field || "keywords"})`);
      return;
    }
    case "strict_field_mapping_failure": {
      const stray = run
        .tests()
        .find((test) => test.field !== "" && meant(run, item, test) && !run.mappedNames.has(test.field));
      if (stray) throw refusal(item, `${transformation.message} as ${stray.field}`);
      return;
    }
    case "value_placeholders":
    case "wildcard_placeholders":
      // Placeholders are filled before a rule is read: see placeholders.ts.
      return;
  }
}

/** Whether an item is for a test: its conditions on tests and, where the test has a field, on names. */
function meant(run: PipelineRun, item: PipelineItem, test: FieldTest): boolean {
  if (!run.itemHolds(item, test)) return false;
  return item.fieldName.conditions.length === 0 || (test.field !== "" && run.nameHolds(item, test.field));
}

function touchedAs<T extends Condition | null>(
  run: PipelineRun,
  item: PipelineItem,
  before: FieldTest,
  after: T,
): T {
  const tests: FieldTest[] = [];
  const walk = (condition: Condition): void => {
    if (condition.kind === "test") tests.push(condition);
    else if (condition.kind === "not") walk(condition.of);
    else for (const part of condition.of) walk(part);
  };
  if (after !== null) walk(after);
  run.touched(item, before, tests);
  return after;
}

function rename(run: PipelineRun, item: PipelineItem): void {
  const maps = (name: string): readonly string[] | null => {
    if (name === "" || !run.nameHolds(item, name)) return null;
    const names = renamed(name, item.transformation);
    if (names !== null) {
      for (const one of names) run.mappedNames.add(one);
      run.touched(item, undefined, [], names);
    }
    return names;
  };
  run.changeTests((test) => {
    if (!run.itemHolds(item, test)) return test;
    const ofValues =
      test.operator === "same-as-field"
        ? test.values.map((value) => maps(String(value)) ?? [String(value)])
        : null;
    const fields = maps(test.field);
    if (fields === null && ofValues === null) return test;
    const others = ofValues?.flat() ?? test.values;
    const tests = (fields ?? [test.field]).map((field): FieldTest => ({ ...test, field, values: others }));
    return touchedAs(run, item, test, tests.length === 1 ? tests[0]! : { kind: "any", of: tests });
  });
  run.fields = run.fields.flatMap((field) => maps(field) ?? [field]);
  run.renamings.push((name) => maps(name) ?? [name]);
}

function addCondition(
  run: PipelineRun,
  item: PipelineItem,
  { conditions, template, negated }: Extract<Transformation, { type: "add_condition" }>,
): void {
  if (run.kind === "correlation" || run.condition === null) return;
  const read = run.help.selection(template ? filled(conditions, run.logSource) : conditions, item.place);
  if (!read.ok) {
    const [issue] = read.issues;
    throw refusal(item, `its condition cannot be read: ${issue?.message ?? ""}`);
  }
  const added: Condition = negated ? { kind: "not", of: read.value } : read.value;
  touchedAs(
    run,
    item,
    { kind: "test", field: "", operator: "exists", values: [], everyValue: false, caseSensitive: false },
    read.value,
  );
  run.condition = { kind: "all", of: [added, run.condition] };
}

/** Puts the log source's parts in the place of `$category`, `$product` and `$service`. */
function filled(tree: YamlTree, source: LogSource): YamlTree {
  if (tree.kind === "list") return { ...tree, items: tree.items.map((item) => filled(item, source)) };
  if (tree.kind === "map")
    return {
      ...tree,
      entries: new Map([...tree.entries].map(([key, value]) => [key, filled(value, source)])),
    };
  if (typeof tree.value !== "string") return tree;
  const value = tree.value.replaceAll(
    /\$(?:\{(category|product|service)\}|(category|product|service)\b)/g,
    (_, braced: keyof LogSource | undefined, plain: keyof LogSource | undefined) =>
      source[(braced ?? plain)!] ?? "None",
  );
  return { ...tree, value };
}

const LENGTHS: Readonly<Record<number, string>> = { 32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512" };

/** `Hashes: [MD5=…, SHA1=…]` as a test of one field for each algorithm; values of others are refused. */
function hashFields(
  item: PipelineItem,
  test: FieldTest,
  { algorithms, prefix, dropAlgorithm }: Extract<Transformation, { type: "hashes_fields" }>,
): Condition {
  const byField = new Map<string, string[]>();
  for (const value of test.values) {
    if (typeof value !== "string") return test;
    const parts = value.replaceAll("*", "").split(/[=|]/);
    const hash = parts.at(-1) ?? "";
    const algorithm = parts.length === 2 ? parts[0]!.toUpperCase() : (LENGTHS[hash.length] ?? "");
    if (!algorithms.includes(algorithm))
      throw refusal(item, `"${shown(value)}" is no hash of ${algorithms.join(", ")}`);
    const field = `${prefix}${dropAlgorithm ? "" : algorithm}`;
    byField.set(field, [...(byField.get(field) ?? []), hash]);
  }
  const tests = [...byField].map(
    ([field, values]): FieldTest => ({ ...test, field, operator: "is", values, everyValue: false }),
  );
  return tests.length === 1 ? tests[0]! : { kind: test.everyValue ? "all" : "any", of: tests };
}

function refusal(item: PipelineItem, message: string): PipelineRefusal {
  return new PipelineRefusal({
    severity: "error",
    code: `sigma.pipeline.${item.transformation.type.replaceAll("_", "-")}`,
    place: item.place,
    message: `The pipeline refuses the rule: ${shown(message)}.`,
    remedy: "Leave the rule out, or change the pipeline.",
  });
}

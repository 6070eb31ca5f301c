import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Condition } from "../../../../../promote/rule/condition/condition.ts";
import { readSigmaCollection } from "../../../../../promote/rule/sigma/correlation/collection.ts";
import { prepareRule } from "../../../../../promote/rule/sigma/correlation/prepare.ts";
import {
  evaluateExpression,
  expressionNames,
  parseBooleanExpression,
} from "../../../../../promote/rule/sigma/pipeline/boolean-expression.ts";
import { parsePipeline } from "../../../../../promote/rule/sigma/pipeline/parse.ts";
import { operatorOfText, textOfValue } from "../../../../../promote/rule/sigma/pipeline/pattern-text.ts";

const RULE = `title: T
id: 11111111-1111-1111-1111-111111111111
status: test
level: high
tags: [attack.t1033]
logsource: { category: process_creation, product: windows }
fields: [Image]
detection:
  selection:
    Image|endswith: '\\cmd.exe'
    CommandLine: [a*b, 'plain', 7]
  filter:
    User|startswith: adm_
  condition: selection and not filter
`;

function after(transformations: string, rule = RULE, more = "") {
  const pipeline = parsePipeline(`name: p\n${more}transformations:\n${transformations}`, "p.yml");
  assert.ok(pipeline.ok, JSON.stringify(pipeline.issues));
  const collection = readSigmaCollection([{ place: "r.yml", text: rule }]);
  assert.deepEqual(collection.refused, []);
  return prepareRule(collection.rules[0]!, [], [pipeline.value]);
}

/** A condition in few words: `Image ends-with \cmd.exe`. */
function words(condition: Condition): string {
  if (condition.kind === "not") return `not ${words(condition.of)}`;
  if (condition.kind !== "test")
    return `(${condition.of.map(words).join(condition.kind === "all" ? " & " : " | ")})`;
  return `${condition.field} ${condition.operator} ${condition.values.join(",")}`.trim();
}

function says(transformations: string, rule?: string, more?: string): string {
  const read = after(transformations, rule, more);
  return read.ok
    ? words(read.value.condition)
    : read.issues.map(({ code, place }) => `${code} at ${place}`).join();
}

const PLAIN =
  "(Image ends-with \\cmd.exe & (CommandLine glob a*b | CommandLine is plain,7) & not User starts-with adm_)";

test("a pipeline that does nothing changes nothing", () => {
  assert.equal(says("  - { type: set_state, key: a, val: b }"), PLAIN);
});

test("names are mapped, to several, by prefix, under conditions of every kind", () => {
  assert.equal(
    says("  - { type: field_name_mapping, mapping: { Image: process.path } }"),
    PLAIN.replace("Image", "process.path"),
  );
  assert.equal(
    says("  - { type: field_name_mapping, mapping: { User: [u1, u2] } }"),
    PLAIN.replace("User starts-with adm_", "(u1 starts-with adm_ | u2 starts-with adm_)"),
  );
  assert.equal(
    says("  - { type: field_name_prefix_mapping, mapping: { Com: c. } }"),
    PLAIN.replaceAll("CommandLine", "c.mandLine"),
  );
  assert.equal(
    says(
      "  - { type: field_name_prefix, prefix: win., field_name_conditions: [{ type: include_fields, fields: ['^U'], mode: re }] }",
    ),
    PLAIN.replace("User", "win.User"),
  );
  assert.equal(
    says(
      "  - { type: field_name_suffix, suffix: .k, field_name_conditions: [{ type: exclude_fields, fields: [Image, CommandLine] }] }",
    ),
    PLAIN.replace("User", "User.k"),
  );
  assert.equal(
    says("  - { type: field_name_transform, transform_func: snake_case }"),
    PLAIN.replace("Image", "image").replaceAll("CommandLine", "command_line").replace("User", "user"),
  );
  for (const [guard, applies] of [
    ["rule_conditions: [{ type: logsource, product: windows }]", true],
    ["rule_conditions: [{ type: logsource, product: linux }]", false],
    [
      "rule_conditions: [{ type: logsource, product: linux }, { type: tag, tag: attack.t1033 }], rule_cond_op: or",
      true,
    ],
    [
      "rule_conditions: { a: { type: logsource, product: linux }, b: { type: is_sigma_rule } }, rule_cond_expr: b and not a",
      true,
    ],
    ["rule_conditions: [{ type: contains_field, field: User }], rule_cond_not: true", false],
    ["rule_conditions: [{ type: contains_detection_item, field: CommandLine, value: plain }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: level, value: medium, op: gte }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: level, value: critical, op: gte }]", false],
    ["rule_conditions: [{ type: rule_attribute, attribute: status, value: test }]", true],
    ["rule_conditions: [{ type: is_sigma_correlation_rule }]", false],
    ["detection_item_conditions: [{ type: match_string, cond: any, pattern: '.*cmd' }]", true],
    ["detection_item_conditions: [{ type: is_null, cond: all }]", false],
    ["detection_item_conditions: [{ type: contains_wildcard }]", true],
  ] as const) {
    const said = says(`  - { type: field_name_mapping, mapping: { Image: path }, ${guard} }`);
    assert.equal(said, applies ? PLAIN.replace("Image", "path") : PLAIN, guard);
  }
});

test("what was applied before, and states, are remembered", () => {
  const twice = (guard: string) =>
    says(
      `  - { id: first, type: field_name_mapping, mapping: { Image: path } }\n  - { type: set_state, key: k, val: v }\n  - { type: field_name_suffix, suffix: .x, ${guard} }`,
    );
  assert.equal(
    twice("field_name_conditions: [{ type: processing_item_applied, processing_item_id: first }]"),
    PLAIN.replace("Image", "path.x"),
  );
  assert.equal(
    twice(
      "detection_item_conditions: [{ type: processing_item_applied, processing_item_id: first }], detection_item_cond_not: true",
    ),
    PLAIN.replace("Image", "path").replaceAll("CommandLine", "CommandLine.x").replace("User", "User.x"),
  );
  assert.equal(
    twice("rule_conditions: [{ type: processing_state, key: k, val: w }]"),
    PLAIN.replace("Image", "path"),
  );
  assert.equal(
    twice("rule_conditions: [{ type: processing_item_applied, processing_item_id: never }]"),
    PLAIN.replace("Image", "path"),
  );
});

test("values are replaced, mapped, set and converted", () => {
  assert.equal(
    says("  - { type: replace_string, regex: 'cmd', replacement: powershell }"),
    PLAIN.replace("\\cmd.exe", "\\powershell.exe"),
  );
  assert.equal(
    says(
      "  - { type: replace_string, regex: '^\\*\\\\(.*)$', replacement: '\\1', field_name_conditions: [{ type: include_fields, fields: [Image] }] }",
    ),
    PLAIN.replace("ends-with \\cmd.exe", "is cmd.exe"),
  );
  assert.equal(
    says("  - { type: map_string, mapping: { plain: [p1, 'p2*'] } }"),
    PLAIN.replace("CommandLine is plain,7", "(CommandLine is p1,7 | CommandLine starts-with p2)"),
  );
  assert.equal(
    says(
      "  - { type: set_value, value: 5, field_name_conditions: [{ type: include_fields, fields: [User] }] }",
    ),
    PLAIN.replace("User starts-with adm_", "User is 5"),
  );
  assert.equal(
    says(
      "  - { type: regex, method: plain, field_name_conditions: [{ type: include_fields, fields: [User] }] }",
    ),
    PLAIN.replace("User starts-with adm_", "User regex ^adm_.*$"),
  );
  assert.equal(
    says(
      "  - { type: case, method: upper, field_name_conditions: [{ type: include_fields, fields: [User] }] }",
    ),
    PLAIN.replace("adm_", "ADM_"),
  );
});

test("tests are dropped with their groups, conditions are added", () => {
  const drop = (fields: string) =>
    says(
      `  - { type: drop_detection_item, field_name_conditions: [{ type: include_fields, fields: [${fields}] }] }`,
    );
  assert.equal(drop("User"), PLAIN.replace(" & not User starts-with adm_", ""));
  assert.match(drop("User, Image, CommandLine"), /^sigma\.pipeline\.nothing-left/);
  assert.equal(
    says(
      `  - { type: add_condition, conditions: { Channel|endswith: ops, source: '$product-\${category}' }, template: true }`,
    ),
    `((Channel ends-with ops & source is windows-process_creation) & ${PLAIN})`,
  );
  assert.equal(
    says("  - { type: add_condition, conditions: { x: 1 }, negated: true }"),
    `(not x is 1 & ${PLAIN})`,
  );
});

test("pipelines refuse rules by name, and are refused by name themselves", () => {
  assert.match(
    says(
      "  - { type: rule_failure, message: not here, rule_conditions: [{ type: logsource, product: windows }] }",
    ),
    /^sigma\.pipeline\.rule-failure at p\.yml:\d/,
  );
  assert.match(
    says(
      "  - { type: detection_item_failure, message: no users, field_name_conditions: [{ type: include_fields, fields: [User] }] }",
    ),
    /detection-item-failure/,
  );
  assert.match(
    says(
      "  - { type: field_name_mapping, mapping: { Image: i } }\n  - { type: strict_field_mapping_failure }",
    ),
    /strict-field-mapping-failure/,
  );
  for (const [yaml, code] of [
    [
      "transformations:\n  - { type: query_expression_placeholders, expression: x }",
      "sigma.pipeline.transformation.unsupported",
    ],
    ["transformations:\n  - { type: conjure }", "sigma.pipeline.transformation.unsupported"],
    [
      "transformations:\n  - { type: set_state, key: a, val: b, rule_conditions: [{ type: moon_phase }] }",
      "sigma.pipeline.condition.unsupported",
    ],
    ["transformations:\n  - { type: set_state, key: a, val: b, whim: 1 }", "sigma.pipeline.unknown"],
    ["postprocessing:\n  - { type: embed, prefix: x }", "sigma.pipeline.unsupported"],
    ["transformations:\n  - { type: replace_string, regex: '(', replacement: x }", "sigma.pipeline.regex"],
  ] as const) {
    const read = parsePipeline(yaml, "p.yml");
    assert.equal(read.ok, false, yaml);
    assert.ok(
      read.issues.some((issue) => issue.code === code),
      JSON.stringify(read.issues),
    );
  }
});

test("placeholders are filled with every value, or refuse the rule", () => {
  const rule = RULE.replace("User|startswith: adm_", "User|expand|startswith: ['%admins%-', '100\\%']");
  const vars = "vars: { admins: [adm, root] }\n";
  assert.equal(
    says("  - { type: value_placeholders }", rule, vars),
    PLAIN.replace("adm_", "adm-,root-,100%"),
  );
  assert.match(
    says("  - { type: wildcard_placeholders, include: [admins] }", rule),
    /User (?:glob|starts-with|contains) /,
  );
  assert.match(
    says("  - { type: value_placeholders, exclude: [admins] }", rule, vars),
    /^sigma\.placeholder at r\.yml:\d+/,
  );
  assert.match(says("  - { type: set_state, key: a, val: b }", rule), /^sigma\.placeholder/);
});

test("a text test and its text with wildcards are the same", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[ab\\*?%.]{0,8}$/),
      fc.constantFrom("is", "contains", "starts-with", "ends-with" as const),
      (value, operator) => {
        const test_ = {
          kind: "test",
          field: "f",
          operator,
          values: [value],
          everyValue: false,
          caseSensitive: false,
        } as const;
        const text = textOfValue(test_, value)!;
        const back = operatorOfText(text);
        if (value !== "" || operator === "is") assert.deepEqual(back, { operator, value });
      },
    ),
  );
});

test("boolean expressions bind not before and before or", () => {
  const read = parseBooleanExpression("a or not b and (c or a)");
  assert.ok(!("error" in read));
  assert.deepEqual(expressionNames(read), ["a", "b", "c"]);
  for (let bits = 0; bits < 8; bits += 1) {
    const [a, b, c] = [(bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0];
    assert.equal(
      evaluateExpression(read, (name) => ({ a, b, c })[name]!),
      a || (!b && (c || a)),
    );
  }
  for (const text of ["", "a and", "(a", "a b", "and", "a)", "a & b", "not"])
    assert.ok("error" in parseBooleanExpression(text), text);
});

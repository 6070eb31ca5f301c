/** What the conformance pairs need besides their texts, and which of them cannot be compared, each judged. */
const mapping = (pairs: string) => `
name: fields
transformations:
  - id: fields
    type: field_name_mapping
    mapping: {${pairs}}
`;
/** The renaming that pySigma's test backend brings. */
export const TEST_BACKEND = mapping("fieldA: mappedA, fieldB: mappedB");
const DROP = (fields: string) => `
transformations:
  - type: drop_detection_item
    ${fields === "" ? "" : `field_name_conditions: [{ type: include_fields, fields: [${fields}] }]`}
`;
const PLACEHOLDERS = (values: string) => `
vars: { test: [${values}] }
transformations:
  - type: value_placeholders
`;
const KUBERNETES = `
transformations:
  - type: field_name_mapping
    mapping:
      verb: kubernetes.audit.verb
      apiGroup: kubernetes.audit.objectRef.apiGroup
      resource: kubernetes.audit.objectRef.resource
      subresource: kubernetes.audit.objectRef.subresource
      capabilities: kubernetes.audit.requestObject.spec.containers.securityContext.capabilities.add
      hostPath: kubernetes.audit.requestObject.spec.volumes.hostPath
  - type: add_condition
    conditions: { kubernetes.audit.kind: Event }
    rule_conditions: [{ type: logsource, product: kubernetes, service: audit }]
`;

/** Pipelines by test, in the place of the fixtures that the tests name in code. */
export const PIPELINES: Readonly<Record<string, readonly string[]>> = {
  test_backend_pipeline_with_postprocessing: [mapping("fieldA: mappedA")],
  test_convert_value_str_placeholder: [TEST_BACKEND, PLACEHOLDERS("foo, bar")],
  test_convert_value_regex_placeholder_value_list: [PLACEHOLDERS("'pat.*tern/foobar', 'pat.*te\\rn/foobar'")],
  test_convert_value_regex_placeholder_value_list_endswith: [
    PLACEHOLDERS("'pat.*tern/foobar', 'pat.*te\\rn/foobar'"),
  ],
  test_convert_compare_fields_differentiation_prefix: [mapping("prefix: test.prefix")],
  test_multi_field_mapping_conversion: [mapping("fieldB: [mappedB, mappedC]")],
  test_convert_dropped_detection_item_and_complete_with_custom_expression: [DROP("EventID, fieldB")],
  test_convert_dropped_detection_item_or_complete_with_custom_expression: [DROP("EventID, fieldB")],
  test_convert_dropped_detection_item_and_in_list: [DROP("EventID")],
  test_convert_dropped_detection_item_or_in_list: [DROP("EventID")],
  test_convert_dropped_detection_item_group_partial: [DROP("EventID")],
  test_ecs_network_direction_str_ingress: [
    `
transformations:
  - type: field_name_mapping
    mapping: { Initiated: network.direction }
  - type: set_value
    value: ingress
    field_name_conditions: [{ type: include_fields, fields: [network.direction] }]
    detection_item_conditions: [{ type: match_value, value: false }]
`,
  ],
  test_ecs_windows_variable_mapping: [
    mapping("CommandLine: process.command_line, OriginalFileName: process.pe.original_file_name"),
  ],
  test_ecs_windows_old: [
    `
transformations:
  - type: add_condition
    conditions: { winlog.channel: Security }
    rule_conditions: [{ type: logsource, product: windows, service: security }]
  - type: field_name_mapping
    mapping: { EventID: event_id }
  - type: field_name_prefix
    prefix: event_data.
    field_name_conditions: [{ type: exclude_fields, fields: [event_id, winlog.channel] }]
`,
  ],
  test_zeek_raw: [
    `
transformations:
  - type: field_name_mapping
    mapping: { cs-method: method, cs-host: host }
  - type: add_condition
    conditions: { "@stream": http }
    rule_conditions: [{ type: logsource, category: proxy }]
`,
  ],
  test_ecs_kubernetes: [KUBERNETES],
  test_ecs_kubernetes_apigroup: [KUBERNETES],
  test_ecs_kubernetes_capabilities: [KUBERNETES],
};

const FILTER = (selection: string, condition: string, rules = "[6f3e2987-db24-4c78-a860-b4f4095a7095]") => `
title: Administrators
logsource: { category: process_creation, product: windows }
filter:
  rules: ${rules}
  selection: ${selection}
  condition: ${condition}
`;
const ADMINISTRATORS = "{ User|startswith: adm_ }";
/** Filters by test, in the place of the fixtures. */
export const FILTERS: Readonly<Record<string, string>> = {
  test_basic_filter_application: FILTER(ADMINISTRATORS, "not selection"),
  test_invalid_rule_id_matching: FILTER(
    ADMINISTRATORS,
    "not selection",
    "[00000000-0000-0000-0000-000000000000]",
  ),
  test_filter_with_rules_any: FILTER(ADMINISTRATORS, "not selection", "any"),
  test_filter_exact_matching: FILTER(ADMINISTRATORS, "not selection_with_suffix"),
  test_filter_exact_matching_brackets: FILTER(ADMINISTRATORS, "not (selection)"),
};

/** Pairs that are no query, or whose query cannot be compared by running it; the reason is the judgement. */
export const JUDGED: Readonly<Record<string, string>> = {
  test_convert_query_expr:
    "puts a lookup of another product's query language into the rule; refused by name here",
  test_convert_query_expr_unbound: "the same without a field; refused by name here",
  test_convert_dropped_detection_item_and_complete_with_custom_expression:
    "every test is dropped: upstream's option writes TRUE, here such a rule is refused by name",
  test_convert_dropped_detection_item_or_complete_with_custom_expression:
    "every test is dropped: upstream's option writes FALSE, here such a rule is refused by name",
  test_convert_dropped_detection_item_and_in_list:
    "every test is dropped: no query upstream, refused by name here",
  test_convert_dropped_detection_item_or_in_list:
    "every test is dropped: no query upstream, refused by name here",
  test_convert_timestamp_part_modifiers: "no row can meet it (month 5 and after 11): compared part by part",
  test_convert_not_and_group:
    "upstream writes not (a and b) as (a != .. and b != ..), which is not the rule's meaning; compared with the rule's",
  test_convert_not_or_group:
    "upstream writes not (a or b) as (a != .. or b != ..), which is not the rule's meaning; compared with the rule's",
  test_backend_output_format_list_of_dict_with_testparam: "tells only how many results there are",
  test_correlation_rule_callback: "tells only how often a callback ran",
  test_correlation_valid_2_from_yaml: "tells what was read: checked as such",
  test_filter_condition_all_of_suffix_wildcard:
    "the rule and the filter were made in code and are not in the pair; checked on a filter of that form",
  test_ecs_kubernetes_fields: "tells the fields of the rule after a mapping: checked as such",
};

/** Expected exceptions that are limits of one product, where the rule itself can be said here. */
export const OTHERS_LIMITS: Readonly<Record<string, string>> = {
  test_sqlite_fts_keywords_str:
    "that backend has no full text search; keywords are looked for in the whole event here",
  test_lucene_reference_query: "Lucene cannot compare two fields; SQL can",
  test_convert_compare_fields_unsupported: "the test takes the operator away from its backend",
  test_convert_compare_fields_startswith_unsupported: "the test takes the operator away from its backend",
  test_convert_compare_fields_endswith_unsupported: "the test takes the operator away from its backend",
  test_convert_compare_fields_contains_unsupported: "the test takes the operator away from its backend",
  test_referenced_rule_expression_used_but_not_defined: "the test takes a template away from its backend",
  test_correlation_method_not_supported: "asks that backend for a method called `invalid`",
  test_correlation_type_not_supported: "the test takes the type away from its backend",
  test_correlation_normalization_not_supported: "the test takes aliases away from its backend",
};

/** What a detection of a Sigma rule shows. Browser-safe: pure functions only. */
import type { EntityKind } from "../../../connectors/source/source.ts";
import { columnSql } from "../condition/field.ts";
import type { RuleEntity } from "../rule.ts";
import type { TargetCondition } from "./draft.ts";
import type { SigmaDetection, SigmaRule } from "./sigma-rule.ts";

/** Fields that say whom an event concerns, the best of each kind first. */
const ENTITIES: readonly (readonly [EntityKind, readonly string[]])[] = [
  [
    "host",
    [
      "Computer",
      "host.name",
      "hostname",
      "Hostname",
      "device_name",
      "node_id",
      "requestParameters.instanceId",
      "resourceId",
    ],
  ],
  [
    "user",
    [
      ...[
        "User",
        "SubjectUserName",
        "TargetUserName",
        "AccountName",
        "userIdentity.arn",
        "userIdentity.principalId",
      ],
      ...[
        "actor.alternateId",
        "userPrincipalName",
        "UserId",
        "initiatedBy.user.userPrincipalName",
        "protoPayload.authenticationInfo.principalEmail",
      ],
      ...["user.username", "caller", "actor", "username", "cs-username", "auid", "client"],
    ],
  ],
  [
    "ip",
    [
      "sourceIPAddress",
      "id.orig_h",
      "src_ip",
      "c-ip",
      "IpAddress",
      "SourceIp",
      "client.ipAddress",
      "ClientIP",
      "ipAddress",
      "src_host",
    ],
  ],
  ["process", ["ProcessGuid", "Image", "SourceImage"]],
];
/** Shown where the data have them, beside what the rule asks for. */
const USUAL = [
  "EventID",
  "Image",
  "CommandLine",
  "ParentImage",
  "ParentCommandLine",
  "TargetFilename",
  "TargetObject",
  "Details",
];
const MAXIMUM_SHOWN = 24;

/** Columns of the result that hold entities: at most one of each kind, in every dataset's own words. */
export function entityFields(conditions: readonly TargetCondition[]): RuleEntity[] {
  const found: RuleEntity[] = [];
  for (const [kind, fields] of ENTITIES) {
    const column = fields.find((field) => isScalarIn(field, conditions));
    if (column !== undefined && (kind !== "process" || found.length === 0)) found.push({ column, kind });
  }
  return found;
}

/** Fields of the result after `_time`: entities, what the rule names, what it tests, what is usual. */
export function shownFields(rule: SigmaRule, conditions: readonly TargetCondition[]): string[] {
  const tested = [...rule.detections.named.values()].flatMap(testedFields);
  const wanted = [
    ...entityFields(conditions).map(({ column }) => column),
    ...rule.fields,
    ...tested,
    ...USUAL,
  ];
  const seen = new Set(["_time", "_ingested", "_file", "_line"]);
  const shown: string[] = [];
  for (const field of wanted) {
    if (seen.has(field.toLowerCase()) || !isScalarIn(field, conditions)) continue;
    seen.add(field.toLowerCase());
    shown.push(field);
  }
  return shown.slice(0, MAXIMUM_SHOWN);
}

function isScalarIn(field: string, conditions: readonly TargetCondition[]): boolean {
  return conditions.some(({ target }) =>
    target.columnsOf(field).some((path) => columnSql(path, target.columns) !== null),
  );
}

function testedFields(detection: SigmaDetection): string[] {
  if (detection.kind === "item") return detection.field === "" ? [] : [detection.field];
  return detection.of.flatMap(testedFields);
}

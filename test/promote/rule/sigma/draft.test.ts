import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSourceDefinition, serializeSourceDefinition } from "../../../../connectors/source/parse.ts";
import { sigmaRule } from "../../../../promote/rule/sigma/draft.ts";
import type { SigmaDataset } from "../../../../promote/rule/sigma/log-source/target.ts";
import { parseSigmaRule } from "../../../../promote/rule/sigma/parse.ts";
import { textIssues } from "../../../../promote/rule/sql.ts";
import { openLake } from "../../../connectors/load/lake.ts";
import { openTables, sigmaDataset } from "./sweep.ts";

const RULE = `title: Whoami
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
author: A. Author
references: [https://example.org/a]
tags: [attack.discovery, attack.t1033, attack.t9999, cve.2020-1]
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  filter:
    ParentImage|contains: admin
  condition: selection and not filter
falsepositives: [Administrators]
level: high
`;

function rule(text = RULE) {
  const read = parseSigmaRule(text, "whoami.yml");
  assert.ok(read.ok, JSON.stringify(read.issues));
  return read.value;
}

test("a rule keeps what it says of itself and names what its tags cannot", async (t) => {
  const lake = await openLake(t);
  const events = [
    {
      "@timestamp": "2024-01-01T00:00:00Z",
      Channel: "Microsoft-Windows-Sysmon/Operational",
      EventID: 1,
      Hostname: "a",
      User: "u",
      Image: "C:\\WHOAMI.exe",
      ParentImage: null,
    },
    {
      "@timestamp": "2024-01-01T00:00:01Z",
      Channel: "Microsoft-Windows-Sysmon/Operational",
      EventID: 1,
      Hostname: "a",
      User: "u",
      Image: "C:\\whoami.exe",
      ParentImage: "C:\\Admin.exe",
    },
    {
      "@timestamp": "2024-01-01T00:00:02Z",
      Channel: "security",
      EventID: 4688,
      Hostname: "b",
      SubjectUserName: "v",
      NewProcessName: "C:\\whoami.exe",
    },
    {
      "@timestamp": "2024-01-01T00:00:03Z",
      Channel: "Security",
      EventID: 4689,
      Hostname: "b",
      SubjectUserName: "v",
      NewProcessName: "C:\\whoami.exe",
    },
  ];
  await lake.load("logs", [lake.file("logs.json", events.map((event) => JSON.stringify(event)).join("\n"))]);
  const datasets = lake.registry.list();
  await openTables(lake.session, datasets);
  const draft = sigmaRule(rule(), datasets.map(sigmaDataset));
  assert.ok(draft.ok, JSON.stringify(draft.issues));
  const { title, author, severity, techniques, tactics, falsePositives, references, entities, sql } =
    draft.value;
  assert.deepEqual(
    { title, author, severity, techniques, tactics, falsePositives, references },
    {
      title: "Whoami",
      author: "A. Author",
      severity: "high",
      techniques: ["T1033"],
      tactics: ["discovery"],
      falsePositives: ["Administrators"],
      references: ["https://example.org/a"],
    },
  );
  assert.deepEqual(
    draft.issues.map(({ code }) => code),
    ["sigma.tag.technique"],
  );
  assert.deepEqual(entities, [
    { column: "Computer", kind: "host" },
    { column: "User", kind: "user" },
  ]);
  assert.deepEqual(textIssues(sql, "rule.sql"), []);
  const rows = await lake.session.rows(`SELECT "Computer", "User", "Image" FROM (${sql}) ORDER BY _time`);
  assert.deepEqual(rows, [
    ["a", "u", "C:\\WHOAMI.exe"],
    ["b", "v", "C:\\whoami.exe"],
  ]);
});

test("a rule whose log source nobody holds is refused with the line", () => {
  const draft = sigmaRule(rule(), [{ name: "web", columns: [{ name: "url", type: "VARCHAR" }] }]);
  assert.ok(!draft.ok);
  assert.deepEqual(
    draft.issues.map(({ code, place }) => [code, place]),
    [["sigma.logsource.unmapped", "whoami.yml:7"]],
  );
});

test("a source declares its log sources, fields and events", () => {
  const yaml = `name: edr
logsources:
  - product: windows
    category: process_creation
    where: { kind: [start, 1] }
    fields: { Image: exe.path }
`;
  const source = parseSourceDefinition(yaml, "source.yaml");
  assert.ok(source.ok, JSON.stringify(source.issues));
  const again = parseSourceDefinition(serializeSourceDefinition(source.value), "source.yaml");
  assert.ok(again.ok);
  assert.deepEqual(again.value.logsources, source.value.logsources);
  const dataset: SigmaDataset = {
    name: "edr",
    columns: [
      { name: "_time", type: "TIMESTAMP" },
      { name: "kind", type: "VARCHAR" },
      { name: "exe", type: "STRUCT(path VARCHAR)" },
      { name: "hostname", type: "VARCHAR" },
    ],
    logSources: source.value.logsources!,
  };
  const draft = sigmaRule(rule(), [dataset]);
  assert.ok(draft.ok, JSON.stringify(draft.issues));
  assert.match(
    draft.value.sql,
    /lower\("kind"\) IN \('start', '1'\) AND ends_with\(lower\("exe"\."path"\), '\\whoami\.exe'\)/,
  );
  assert.deepEqual(
    draft.issues.map(({ code, place }) => [code, place]),
    [
      ["sigma.field.missing", "whoami.yml:13"],
      ["sigma.tag.technique", "whoami.yml:1"],
    ],
  );
});

test("a wrong log source of a source is told with its line", () => {
  const read = parseSourceDefinition(
    "name: edr\nlogsources:\n  - produkt: windows\n  - dataset: x\n  - 5\n",
    "s.yaml",
  );
  assert.deepEqual(
    read.issues.map(({ code, place }) => [code, place]),
    [
      ["source.logsource.key", "s.yaml:3"],
      ["source.logsource.empty", "s.yaml:4"],
      ["source.logsource.shape", "s.yaml:5"],
    ],
  );
});

test("rules of CloudTrail and Zeek find their data by the columns", () => {
  const cloud: SigmaDataset = {
    name: "trail",
    columns: [
      ...["eventSource", "eventName", "awsRegion", "sourceIPAddress"].map((name) => ({
        name,
        type: "VARCHAR",
      })),
      { name: "userIdentity", type: 'STRUCT(arn VARCHAR, "type" VARCHAR)' },
    ],
  };
  const zeek: SigmaDataset = {
    name: "zeek_dns",
    columns: ["uid", "id.orig_h", "query", "qtype_name"].map((name) => ({ name, type: "VARCHAR" })),
  };
  const text = (logsource: string, field: string) =>
    `title: t\nlogsource: ${logsource}\ndetection:\n  s:\n    ${field}: x\n  condition: s\n`;
  const aws = sigmaRule(rule(text("{ product: aws, service: cloudtrail }", "userIdentity.type")), [
    cloud,
    zeek,
  ]);
  assert.ok(
    aws.ok && aws.value.sql.includes('lower("userIdentity"."type") = \'x\''),
    JSON.stringify(aws.issues),
  );
  assert.deepEqual(aws.value.datasets, ["trail"]);
  const dns = sigmaRule(rule(text("{ category: dns }", "record_type")), [cloud, zeek]);
  assert.ok(dns.ok && dns.value.sql.includes("lower(\"qtype_name\") = 'x'"), JSON.stringify(dns.issues));
  const flat = {
    ...zeek,
    columns: zeek.columns.map((one) => ({ ...one, name: one.name.replace(".", "_") })),
  };
  const byAddress = sigmaRule(rule(text("{ product: zeek, service: dns }", "id.orig_h")), [flat]);
  assert.ok(byAddress.ok && byAddress.value.sql.includes('"id_orig_h"'), JSON.stringify(byAddress.issues));
});

test("a rule reads the datasets that hold its channel, and none that can never match", () => {
  const columns = ["_time", "EventID", "Channel", "Image", "ParentImage", "TargetObject", "TargetUserName"];
  const typed = (names: readonly string[]) =>
    names.map((name) => ({ name, type: name === "_time" ? "TIMESTAMP" : "VARCHAR" }));
  const sysmon: SigmaDataset = {
    name: "sysmon",
    columns: typed(columns),
    channels: ["microsoft-windows-sysmon/operational"],
  };
  const winauth: SigmaDataset = { name: "winauth", columns: typed(columns), channels: ["security"] };
  const security = rule(RULE.replace("category: process_creation", "service: security"));
  const draft = sigmaRule(security, [sysmon, winauth]);
  assert.ok(draft.ok, JSON.stringify(draft.issues));
  assert.deepEqual(draft.value.datasets, ["winauth"]);
  // Where no dataset has the channel yet, each that could hold it is read.
  const nobody = [sysmon, { ...winauth, channels: ["application"] }];
  const open = sigmaRule(security, nobody);
  assert.ok(open.ok);
  assert.deepEqual(open.value.datasets, ["sysmon", "winauth"]);

  const registry = rule(
    RULE.replace("category: process_creation", "category: registry_set").replace(
      "Image|endswith",
      "TargetObject|endswith",
    ),
  );
  const narrow = { name: "narrow", columns: typed(["_time", "EventID", "Channel", "Image"]) };
  const useful = sigmaRule(registry, [{ name: "sysmon", columns: typed(columns) }, narrow]);
  assert.ok(useful.ok);
  assert.deepEqual(useful.value.datasets, ["sysmon"]);
  assert.ok(!useful.value.sql.includes("UNION"));
});

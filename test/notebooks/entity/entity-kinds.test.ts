import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ENTITY_KINDS } from "../../../connectors/source/source.ts";
import type { EntityDataset } from "../../../notebooks/entity/entity-fields.ts";
import { canAnswer, entityFieldsOf, fieldsOfKind } from "../../../notebooks/entity/entity-fields.ts";
import { canonicalEntity, hashIn, kindsByForm } from "../../../notebooks/entity/entity-form.ts";
import { entityKindsOf } from "../../../notebooks/entity/entity-kinds.ts";
import { kindsByName } from "../../../notebooks/entity/field-kinds.ts";

function dataset(
  name: string,
  columns: Readonly<Record<string, string>>,
  entities: EntityDataset["entities"] = [],
): EntityDataset {
  return {
    name,
    source: name,
    origin: "source",
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, entity: null })),
    entities,
  };
}

const WINDOWS = dataset(
  "windows",
  {
    _time: "TIMESTAMP",
    Hostname: "VARCHAR",
    event_data: 'STRUCT("User" VARCHAR, ProcessId BIGINT, list STRUCT(ip VARCHAR)[])',
    "id.orig_h": "VARCHAR",
    raw: "JSON",
    DestinationIsIpv6: "VARCHAR",
    UtcTime: "VARCHAR",
    broken: "STRUCT(",
  },
  [
    { kind: "host", field: "hostname" },
    { kind: "user", field: "event_data.User" },
    { kind: "process", field: "event_data.processid" },
    { kind: "ip", field: "id.orig_h" },
    { kind: "domain", field: "raw.dns.query" },
    { kind: "file", field: "not.there" },
    { kind: "file", field: "event_data" },
  ],
);

test("the form tells what a value may be", () => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    "10.0.0.1": ["ip"],
    "fe80::1%eth0": ["ip"],
    "::ffff:10.0.0.1": ["ip"],
    "999.1.1.1": [],
    "1.2.3": [],
    d41d8cd98f00b204e9800998ecf8427e: ["hash"],
    "MD5=D41D8CD98F00B204E9800998ECF8427E,IMPHASH=00000000000000000000000000000000": ["hash"],
    "https://lantern.example/a?b": ["url"],
    "anna@lantern.example": ["user"],
    "LANTERN\\anna": ["user"],
    "NT AUTHORITY\\SYSTEM": ["user"],
    "arn:aws:iam::123456789012:user/it01": ["user"],
    "C:\\Windows\\System32\\cmd.exe": ["file", "process"],
    "/usr/bin/curl": ["file", "process"],
    "powershell.exe": ["file", "process"],
    "{af0e08bb-08ab-b5b7-2e08-e1e0346e1465}": ["process"],
    "updates.lantern.example.": ["domain", "host"],
    APP03: ["host", "user"],
    "12345": [],
    "": [],
    "-": [],
    "two words": [],
  };
  for (const [value, kinds] of Object.entries(expected)) assert.deepEqual(kindsByForm(value), kinds, value);
});

test("of several digests the strongest is meant, an import hash last", () => {
  const sha256 = "ab".repeat(32);
  assert.equal(
    hashIn(`MD5=${"1".repeat(32)},IMPHASH=${"2".repeat(32)},SHA256=${sha256.toUpperCase()}`),
    sha256,
  );
  assert.equal(hashIn(`IMPHASH=${"2".repeat(32)},MD5=${"1".repeat(32)}`), "1".repeat(32));
  assert.equal(hashIn("SHA256=short"), null);
});

test("names of fields tell kinds, whatever their writing, and not by accident", () => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    DestinationIp: ["ip"],
    sourceIPAddress: ["ip"],
    "id.orig_h": ["ip"],
    dest_ip: ["ip"],
    "client.address": [],
    TargetUserName: ["user"],
    "actor.alternateId": ["user"],
    ParentImage: ["file", "process"],
    ParentProcessGuid: ["process"],
    Hashes: ["hash"],
    file_sha256: ["hash"],
    QueryName: ["domain"],
    Computer: ["host"],
    request_uri: ["url"],
    membership: [],
    DestinationIsIpv6: [],
    Description: [],
    zip: [],
    LogonProcessName: [],
    toString: [],
    "": [],
  };
  for (const [name, kinds] of Object.entries(expected)) assert.deepEqual(kindsByName(name), kinds, name);
});

test("declared paths reach into structs, dotted columns and JSON, in any case; what leads nowhere is left out", () => {
  const declared = entityFieldsOf(WINDOWS).filter((field) => field.declared);
  assert.deepEqual(
    declared.map(({ kind, column, below }) => [kind, column, ...below]),
    [
      ["host", "Hostname"],
      ["user", "event_data", "User"],
      ["process", "event_data", "processid"],
      ["ip", "id.orig_h"],
      ["domain", "raw", "dns", "query"],
    ],
  );
  assert.deepEqual(
    fieldsOfKind(WINDOWS, "ip").map(({ path, declared: by }) => [path, by]),
    [
      ["id.orig_h", true],
      ["event_data.list.ip", false],
    ],
  );
  assert.ok(!canAnswer(WINDOWS, "url"));
});

test("a declaration wins over the form, the form over a name that it contradicts", () => {
  const kinds = (value: string, column: string, datasets: readonly string[] = ["windows"]) =>
    entityKindsOf(value, column, "VARCHAR", datasets, [WINDOWS]).map(({ kind }) => kind);
  assert.deepEqual(kinds("APP03.lantern.example", "Hostname"), ["host", "domain"]);
  assert.deepEqual(kinds("APP03.lantern.example", "x"), ["domain", "host"]);
  assert.equal(kinds("10.0.0.1", "Hostname")[0], "ip");
  assert.equal(kinds("svc", "User")[0], "user");
  assert.equal(kinds("svc", "event_data.User")[0], "user");
  assert.equal(kinds("4711", "ProcessId")[0], "process");
  assert.deepEqual(kinds("12", "count"), []);
  assert.deepEqual(kinds("-", "Hostname"), []);
  assert.deepEqual(entityKindsOf(null, "Hostname", "VARCHAR", [], [WINDOWS]), []);
  assert.deepEqual(entityKindsOf("2026-01-01", "Hostname", "DATE", [], [WINDOWS]), []);
  assert.deepEqual(
    entityKindsOf(`SHA1=${"0".repeat(40)}`, "Hashes", "VARCHAR", [], []).map(({ value }) => value),
    ["0".repeat(40)],
  );
});

test("any text gives kinds without throwing, and a canonical form that is canonical", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.ipV4(), fc.ipV6(), fc.emailAddress(), fc.domain());
  fc.assert(
    fc.property(text, fc.string(), (value, column) => {
      for (const guess of entityKindsOf(value, column, "VARCHAR", [], [WINDOWS])) {
        const once = canonicalEntity(guess.kind, guess.value);
        assert.equal(canonicalEntity(guess.kind, once), once, guess.kind);
      }
      for (const kind of ENTITY_KINDS) canonicalEntity(kind, value);
    }),
    { numRuns: 150 },
  );
});

test("a long hostile text is told in milliseconds", () => {
  const parts = ["/a", "/", "a.", "a-", ":", "a@", "a\\", "A", "SHA1=", "a_-", "{", " "];
  const startMs = performance.now();
  for (const part of parts) {
    const text = `${part.repeat(4000 / part.length)}!`;
    for (const value of [text, text.slice(0, -1)]) {
      kindsByForm(value);
      kindsByName(value);
      hashIn(value);
    }
  }
  assert.ok(performance.now() - startMs < 500);
});

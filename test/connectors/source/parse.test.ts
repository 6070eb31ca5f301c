import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultSource } from "../../../connectors/source/defaults.ts";
import { parseSourceDefinition, serializeSourceDefinition } from "../../../connectors/source/parse.ts";
import { ENTITY_KINDS, type SourceDefinition } from "../../../connectors/source/source.ts";

test("a file with a name alone has every default", () => {
  const parsed = parseSourceDefinition("name: sysmon\n", "sources/sysmon/source.yaml");
  assert.deepEqual(parsed, { ok: true, value: defaultSource("sysmon"), issues: [] });
});

test("what is wrong is told with its line and a remedy; unknown keys are warnings", () => {
  const parsed = parseSourceDefinition(
    "name: sysmon\ncolour: red\nschemaMode: strict\ntime:\n  zone: Mars/Olympus\ncost:\n  agentCount: many\n",
    "sources/sysmon/source.yaml",
  );
  assert.equal(parsed.ok, false);
  const places = parsed.issues.map(({ severity, place }) => `${severity} ${place.split(":").at(-1)}`);
  for (const expected of ["warning 2", "error 3", "error 5", "error 7"])
    assert.ok(places.includes(expected), `${expected} in ${places}`);
  assert.ok(parsed.issues.every(({ remedy, message }) => remedy !== "" && message !== ""));
});

test("hostile texts give issues, never an exception", () => {
  for (const text of [
    "",
    "[",
    "- a",
    "name: 3",
    "name: [a]",
    "&a [*a, *a]",
    "name: ../../etc",
    "null",
    "a: &x\n  b: *x\n",
    "name: a\ntime: 5\n",
  ]) {
    assert.equal(parseSourceDefinition(text, "p").ok, false, JSON.stringify(text));
  }
  fc.assert(fc.property(fc.string(), (text) => void parseSourceDefinition(text, "p")));
});

test("what is written is read back", () => {
  const text = fc
    .string({ unit: "grapheme", maxLength: 40 })
    .filter((value) => !/[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u.test(value));
  const whole = fc.nat(1_000_000);
  const definition = fc.record(
    {
      name: fc.constant("a_source"),
      description: text,
      owner: text,
      schemaMode: fc.constantFrom("observe", "evolve", "enforce"),
      time: fc.record({
        fields: fc.array(
          text.filter((value) => value.trim() !== ""),
          { maxLength: 4 },
        ),
        format: fc.constantFrom("auto", "iso", "epoch-s", "epoch-ms", "epoch-us"),
        zone: fc.constantFrom("UTC", "Europe/Berlin"),
      }),
      entities: fc.array(
        fc.record({
          kind: fc.constantFrom(...ENTITY_KINDS),
          field: text.filter((value) => value.trim() !== ""),
        }),
        { maxLength: 4 },
      ),
      cost: fc.record({
        gigabytesPerDay: fc.option(whole),
        ingestUsdPerGigabyte: whole,
        storageUsdPerGigabyteMonth: whole,
        retentionDays: whole,
        agentCount: whole,
        agentUsdPerYear: whole,
        engineerHoursPerYear: whole,
      }),
      stream: fc.record({ allowedLatenessMs: whole }),
      health: fc.record({
        maximumSilenceMs: fc.option(whole.map((ms) => ms + 1)),
        maximumQuarantinedShare: fc.constantFrom(0, 0.5, 1),
      }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(definition, (value) => {
      const parsed = parseSourceDefinition(serializeSourceDefinition(value as SourceDefinition), "p");
      assert.ok(parsed.ok, JSON.stringify(parsed.issues));
      assert.deepEqual(JSON.parse(JSON.stringify(parsed.value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

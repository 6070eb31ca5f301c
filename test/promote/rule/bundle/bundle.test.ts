import assert from "node:assert/strict";
import { test } from "node:test";
import { packArchive, sha256, unpackArchive } from "../../../../promote/rule/bundle/archive.ts";
import { type BundleRequest, readBundle, writeBundle } from "../../../../promote/rule/bundle/bundle.ts";

const REQUEST: BundleRequest = {
  rule: "lsass-dump",
  version: "abc",
  made: "2026-11-02T00:00:00.000Z",
  spoor: "0.2.0",
  engine: "1.5.6",
  datasets: [
    {
      name: "sysmon",
      source: "sysmon",
      columns: [
        { name: "Image", key: "Image", type: "VARCHAR" },
        { name: "nested", key: "nested", type: 'STRUCT(a VARCHAR, "b c" BIGINT[])' },
      ],
      time: { fields: ["UtcTime"], format: "auto", zone: "UTC" },
      sampleRows: 1,
      ofRows: 10,
    },
  ],
  detections: [{ time: "2026-11-02T09:00:00Z", entities: ["host=FS01"] }],
  files: {
    ruleYaml: "title: x\n",
    ruleSql: "select 1\n",
    adsMarkdown: "# x\n",
    responseYaml: "",
    tests: { "match-a.ndjson": "{}\n" },
    sigmaYaml: "title: x\n",
  },
  sample: new Map([["sysmon", '{"_time":"2026-11-02T09:00:00Z"}\n']]),
};
const bytes = (text: string) => new TextEncoder().encode(text);

async function codes(change: (files: Map<string, Uint8Array>) => void): Promise<string[]> {
  const { archive } = await writeBundle(REQUEST);
  const unpacked = await unpackArchive(archive, "b");
  assert.ok(unpacked.ok);
  const files = new Map(unpacked.value);
  change(files);
  const read = await readBundle(await packArchive(files), "b");
  return read.ok ? [] : read.issues.map(({ code }) => code);
}

/** Changes the manifest and its hashes as somebody who knows the format would. */
function manifest(
  change: (
    content: Record<string, never> & {
      datasets: { columns: { type: string }[]; name: string }[];
      rule: string;
      formatVersion: number;
      files: Record<string, string>;
    },
  ) => void,
) {
  return (files: Map<string, Uint8Array>) => {
    const content = JSON.parse(new TextDecoder().decode(files.get("bundle.json")!));
    change(content);
    files.set("bundle.json", bytes(JSON.stringify(content)));
  };
}

test("a bundle comes back whole, with the checksum it was given", async () => {
  const { archive, checksum } = await writeBundle(REQUEST);
  const read = await readBundle(archive, "b");
  assert.ok(read.ok, JSON.stringify(read.issues));
  assert.deepEqual(read.value.files, REQUEST.files);
  assert.deepEqual(read.value.sample, REQUEST.sample);
  assert.equal(read.value.checksum, checksum);
  assert.deepEqual(read.value.manifest.detections, REQUEST.detections);
  assert.equal((await writeBundle(REQUEST)).checksum, checksum, "the same rule gives the same checksum");
});

test("what was changed, added, lost or is of another form is refused by name", async () => {
  assert.deepEqual(await codes((files) => files.set("rule.sql", bytes("select 2\n"))), ["bundle.checksum"]);
  assert.deepEqual(await codes((files) => files.set("evil.sh", bytes("x"))), ["bundle.stray"]);
  assert.deepEqual(await codes((files) => files.set("tests/other.txt", bytes("x"))), ["bundle.stray"]);
  assert.deepEqual(await codes((files) => files.delete("rule.sql")), ["bundle.missing"]);
  assert.deepEqual(await codes((files) => files.delete("sample/sysmon.ndjson")), ["bundle.missing"]);
  assert.deepEqual(await codes((files) => files.delete("bundle.json")), ["bundle.manifest"]);
  assert.deepEqual(await codes((files) => files.set("bundle.json", bytes("{"))), ["bundle.manifest"]);
  assert.deepEqual(
    await codes(
      manifest((content) => {
        content.formatVersion = 2;
      }),
    ),
    ["bundle.version"],
  );
  assert.deepEqual(
    await codes(
      manifest((content) => {
        content.rule = "../x";
      }),
    ),
    ["bundle.manifest"],
  );
  assert.deepEqual(
    await codes(
      manifest((content) => {
        content.datasets[0]!.name = "a; drop";
      }),
    ),
    ["bundle.manifest"],
  );
  for (const type of ["VARCHAR); DROP TABLE x; --", "NO SUCH", "STRUCT(", ""])
    assert.deepEqual(
      await codes(
        manifest((content) => {
          content.datasets[0]!.columns[0]!.type = type;
        }),
      ),
      ["bundle.dataset"],
      type,
    );
  assert.deepEqual(
    await codes((files) => {
      const text = new Uint8Array([0xff, 0xfe]);
      files.set("ADS.md", text);
      manifest((content) => {
        content.files["ADS.md"] = sha256(text);
      })(files);
    }),
    ["bundle.text"],
  );
});

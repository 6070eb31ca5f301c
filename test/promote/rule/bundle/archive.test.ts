import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import tar, { type Header } from "tar-stream";
import { packArchive, unpackArchive } from "../../../../promote/rule/bundle/archive.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function archiveOf(
  entries: readonly { readonly header: Partial<Header> & { name: string }; readonly content?: string }[],
): Promise<Uint8Array> {
  const packing = tar.pack();
  const chunks: Buffer[] = [];
  const done = (async () => {
    for await (const chunk of packing) chunks.push(Buffer.from(chunk as Uint8Array));
  })();
  for (const { header, content } of entries) {
    if (content === undefined) packing.entry(header as Header);
    else packing.entry(header as Header, content);
  }
  packing.finalize();
  await done;
  return gzipSync(Buffer.concat(chunks));
}

async function codeOf(archive: Uint8Array): Promise<string> {
  const read = await unpackArchive(archive, "a.tgz");
  return read.ok ? "taken" : (read.issues[0]?.code ?? "");
}

test("files come back as they went in, whatever they hold", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.stringMatching(/^[a-z0-9_]{1,12}(\/[a-z0-9_]{1,12})?$/),
        fc.uint8Array({ maxLength: 2_000 }),
        { minKeys: 1, maxKeys: 8 },
      ),
      async (given) => {
        const files = new Map(
          Object.entries(given).filter(([name]) => !/^(con|prn|aux|nul|com\d|lpt\d)/.test(name)),
        );
        fc.pre(files.size > 0 && !/\b(con|prn|aux|nul|com\d|lpt\d)\b/.test([...files.keys()].join(" ")));
        const packed = await packArchive(files);
        assert.deepEqual(packed, await packArchive(new Map([...files].reverse())), "order does not matter");
        const read = await unpackArchive(packed, "a.tgz");
        assert.ok(read.ok);
        assert.deepEqual(
          new Map([...read.value].map(([path, content]) => [path, [...content]])),
          new Map([...files].sort().map(([path, content]) => [path, [...content]])),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("an archive from anybody cannot leave its folder or stand for something else", async () => {
  const paths = [
    "../rule.yaml",
    "/etc/rule.yaml",
    "a/../../rule.yaml",
    "tests/../rule.yaml",
    "a\\b",
    "C:rule.yaml",
    ".hidden",
    "a/.b",
    "tests/deep/er.ndjson",
    "nul",
    "con.txt",
    "name.",
    "a b",
    "räuber",
    "a\u0000b",
  ];
  for (const name of paths)
    assert.equal(
      await codeOf(await archiveOf([{ header: { name }, content: "x" }])),
      name.includes("\0") ? "taken" : "bundle.archive.path",
      name,
    );
  for (const type of ["symlink", "link", "character-device", "block-device", "fifo"] as const)
    assert.equal(
      await codeOf(
        await archiveOf([{ header: { name: "rule.yaml", type, linkname: "/etc/passwd", size: 0 } }]),
      ),
      "bundle.archive.link",
      type,
    );
  assert.equal(
    await codeOf(
      await archiveOf([
        { header: { name: "rule.yaml" }, content: "a" },
        { header: { name: "RULE.yaml" }, content: "b" },
      ]),
    ),
    "bundle.archive.twice",
  );
});

test("bombs, damage and nothing are refused by name", async () => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));
  assert.equal(await codeOf(bomb), "bundle.archive.too-large");
  assert.equal(await codeOf(new Uint8Array(17 * 1024 * 1024)), "bundle.archive.too-large");
  const many = await archiveOf(
    Array.from({ length: 201 }, (_, index) => ({ header: { name: `f${index}` }, content: "x" })),
  );
  assert.equal(await codeOf(many), "bundle.archive.too-many");
  assert.equal(await codeOf(bytes("no archive")), "bundle.archive.malformed");
  assert.equal(await codeOf(gzipSync(bytes("no tar, but gzip"))), "bundle.archive.malformed");
  assert.equal(await codeOf(gzipSync(Buffer.alloc(1024))), "bundle.archive.empty");
  const whole = await packArchive(new Map([["rule.yaml", bytes("x".repeat(5_000))]]));
  for (const length of [10, 20, Math.floor(whole.length / 2), whole.length - 9])
    assert.match(await codeOf(whole.subarray(0, length)), /malformed/);
  await assert.rejects(packArchive(new Map([["../a", bytes("x")]])), RangeError);
});

test("a file whose head claims more than there is does not hang", { timeout: 5_000 }, async () => {
  const block = Buffer.alloc(1024);
  const whole = await archiveOf([{ header: { name: "rule.yaml" }, content: "x".repeat(100) }]);
  const { gunzipSync } = await import("node:zlib");
  const plain = gunzipSync(whole);
  plain.copy(block, 0, 0, 1024);
  assert.match(await codeOf(gzipSync(block.subarray(0, 560))), /malformed/);
});

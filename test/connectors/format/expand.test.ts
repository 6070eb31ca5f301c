import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import tar from "tar-stream";
import { DEFAULT_LIMITS, expandPaths } from "../../../connectors/format/expand.ts";
import type { Expanded } from "../../../connectors/format/input.ts";

interface Seen {
  readonly inputs: Map<string, string>;
  readonly skipped: Map<string, { reason: string; code: string | null }>;
}

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "spoor-expand-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function expand(directory: string, path: string, limits = DEFAULT_LIMITS): Promise<Seen> {
  const seen: Seen = { inputs: new Map(), skipped: new Map() };
  const scratchDirectory = mkdtempSync(join(directory, "scratch-"));
  for await (const item of expandPaths([path], { scratchDirectory, limits }) as AsyncGenerator<Expanded>) {
    if (item.kind === "skipped")
      seen.skipped.set(item.file.replace(path, ""), { reason: item.reason, code: item.issue?.code ?? null });
    else
      seen.inputs.set(
        item.input.file.replace(path, ""),
        item.input.bytes?.toString() ?? `file ${item.input.path}`,
      );
  }
  assert.deepEqual(readdirSync(scratchDirectory), [], "nothing stays in the scratch folder");
  return seen;
}

async function tarOf(
  members: readonly (Partial<tar.Header> & { name: string; text?: string })[],
): Promise<Buffer> {
  const pack = tar.pack();
  for (const { text = "", ...header } of members) pack.entry(header, text);
  pack.finalize();
  return buffer(pack);
}

/** A zip with the names as given, however bad; `claimed` lies about the size of the plain bytes. */
function zipOf(
  members: readonly { name: string; bytes: Buffer; claimed?: number; flags?: number }[],
): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, claimed = bytes.length, flags = 0 } of members) {
    const packed = deflateRawSync(bytes);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(bytes), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(claimed, 22);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    local.copy(entry, 6, 4, 30);
    entry.writeUInt32LE(offset, 42);
    central.push(entry, Buffer.from(name));
    parts.push(local, Buffer.from(name), packed);
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

const LINE = Buffer.from('{"a":1}\n');

test("gzip, zip, tar.gz and a zip within a tar give their members", async (t) => {
  const directory = folder(t);
  const inner = zipOf([{ name: "deep/b.json", bytes: LINE }]);
  const pack = tar.pack();
  pack.entry({ name: "a.json" }, LINE.toString());
  pack.entry({ name: "inner.zip" }, inner);
  pack.finalize();
  const path = join(directory, "all.tar.gz");
  writeFileSync(path, gzipSync(await buffer(pack)));
  const seen = await expand(directory, path);
  assert.deepEqual(
    [...seen.inputs],
    [
      ["!a.json", LINE.toString()],
      ["!inner.zip!deep/b.json", LINE.toString()],
    ],
  );
});

test("members that point out of the archive are refused with an issue", async (t) => {
  const directory = folder(t);
  const names = ["../up.json", "/etc/passwd", "a/../../b.json", "C:\\x.json", "..\\up.json"];
  const zip = join(directory, "bad.zip");
  writeFileSync(
    zip,
    zipOf([...names.map((name) => ({ name, bytes: LINE })), { name: "good.json", bytes: LINE }]),
  );
  const seen = await expand(directory, zip);
  assert.deepEqual([...seen.inputs.keys()], ["!good.json"]);
  assert.equal(seen.skipped.size, names.length);
  for (const [name, { code }] of seen.skipped) assert.equal(code, "archive.unsafe-name", name);
  const tarball = join(directory, "bad.tar");
  writeFileSync(
    tarball,
    await tarOf([
      { name: "../up.json", text: "x" },
      { name: "link", type: "symlink", linkname: "/etc/passwd" },
      { name: "good.json", text: LINE.toString() },
    ]),
  );
  const fromTar = await expand(directory, tarball);
  assert.deepEqual([...fromTar.inputs.keys()], ["!good.json"]);
  assert.equal(fromTar.skipped.get("!../up.json")?.code, "archive.unsafe-name");
  assert.match(fromTar.skipped.get("!link")?.reason ?? "", /symlink/);
});

test("archives that explode are refused with an issue", async (t) => {
  const directory = folder(t);
  const zeros = Buffer.alloc(40 * 2 ** 20);
  const gz = join(directory, "bomb.gz");
  writeFileSync(gz, gzipSync(zeros));
  assert.equal((await expand(directory, gz)).skipped.get("")?.code, "archive.ratio");
  const zip = join(directory, "bomb.zip");
  writeFileSync(zip, zipOf([{ name: "a.json", bytes: zeros }]));
  assert.equal((await expand(directory, zip)).skipped.get("")?.code, "archive.ratio");
  const liar = join(directory, "liar.zip");
  writeFileSync(liar, zipOf([{ name: "a.json", bytes: zeros, claimed: 10 }]));
  const lied = await expand(directory, liar);
  assert.equal(lied.inputs.size, 0);
  assert.equal(lied.skipped.size, 1);
  const many = join(directory, "many.zip");
  writeFileSync(many, zipOf(Array.from({ length: 30 }, (_, i) => ({ name: `${i}.json`, bytes: LINE }))));
  const few = await expand(directory, many, { ...DEFAULT_LIMITS, memberCount: 10 });
  assert.equal(few.inputs.size, 10);
  assert.equal(few.skipped.get("")?.code, "archive.too-many");
  const large = await expand(directory, zip, { ...DEFAULT_LIMITS, inputBytes: 1000 });
  assert.equal(large.skipped.get("")?.code, "archive.too-large");
});

test("archives too deep, encrypted or damaged are refused with an issue, the rest is read", async (t) => {
  const directory = folder(t);
  let nested = zipOf([{ name: "a.json", bytes: LINE }]);
  for (let depth = 0; depth < 4; depth++) nested = zipOf([{ name: "inner.zip", bytes: nested }]);
  const deep = join(directory, "deep.zip");
  writeFileSync(deep, nested);
  assert.deepEqual(
    [...(await expand(directory, deep)).skipped.values()].map((s) => s.code),
    ["archive.nested"],
  );
  const locked = join(directory, "locked.zip");
  writeFileSync(
    locked,
    zipOf([
      { name: "a.json", bytes: LINE, flags: 1 },
      { name: "b.json", bytes: LINE },
    ]),
  );
  const seen = await expand(directory, locked);
  assert.equal(seen.skipped.get("!a.json")?.code, "archive.encrypted");
  assert.deepEqual([...seen.inputs.keys()], ["!b.json"]);
  const cut = join(directory, "cut.gz");
  const whole = gzipSync(Buffer.from(LINE.toString().repeat(1000)));
  writeFileSync(cut, whole.subarray(0, whole.length - 12));
  assert.equal((await expand(directory, cut)).skipped.get("")?.code, "archive.damaged");
});

test("links in a folder are not followed, and a missing path is an issue", async (t) => {
  const directory = folder(t);
  const logs = mkdtempSync(join(directory, "logs-"));
  writeFileSync(join(logs, "a.json"), LINE);
  symlinkSync("/etc", join(logs, "etc"));
  const seen = await expand(directory, logs);
  assert.deepEqual([...seen.inputs.keys()], ["/a.json"]);
  assert.match(seen.skipped.get("/etc")?.reason ?? "", /link/);
  assert.equal((await expand(directory, join(logs, "nowhere"))).skipped.get("")?.code, "input.missing");
});

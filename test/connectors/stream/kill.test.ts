import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { event, ndjson, streamLake } from "./stream-lake.ts";

const POSTER = `
import { openSpool } from ${JSON.stringify(import.meta.resolve("../../../connectors/stream/spool.ts"))};
const [directory, from] = process.argv.slice(1);
const spool = await openSpool({ directory, source: "posts", clock: Date.now, rotateBytes: 5000 });
for (let n = Number(from); ; n++) {
  const body = JSON.stringify({ ts: new Date(n * 1000).toISOString(), n, pad: "x".repeat(300) }) + "\\n";
  await spool.append(Buffer.from(body), { idempotencyKey: String(n) });
  process.stdout.write(n + "\\n");
}`;

test("a process killed in the midst of posting loses nothing that it acknowledged", async (t) => {
  const lake = await streamLake(t);
  let acknowledged = -1;
  for (let round = 0; round < 3; round++) {
    const from = String(acknowledged + 1);
    const child = spawn(process.execPath, ["--input-type=module", "-e", POSTER, lake.spoolDirectory, from], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    let text = "";
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.split("\n").length > 40 + round * 7) child.kill("SIGKILL");
    }
    await closed;
    acknowledged = Number(text.trimEnd().split("\n").at(-1));
    const spool = await lake.open(5000);
    await lake.drain(spool, 13);
    await spool.close();
  }
  const spool = await lake.open(5000);
  // Who posts does not know whether the last one arrived, and posts it again.
  for (let n = 0; n <= acknowledged + 1; n++) {
    const answer = await spool.append(ndjson([{ ...event(n) }]), { idempotencyKey: String(n) });
    if (n <= acknowledged)
      assert.equal(answer.repeated, true, `event ${n} of ${join(lake.spoolDirectory, "posts")}`);
  }
  while (await lake.drain(spool, 50)) {}
  const all = BigInt(acknowledged + 2);
  assert.deepEqual(await lake.rows("count(*), count(DISTINCT n), max(n)"), [[all, all, all - 1n]]);
  await spool.close();
});

/**
 * A whole workspace in a process of its own, without HTTP, that a test kills: posts the batches that it is told to, and
 * says on its standard output what was acknowledged and when everything has been evaluated.
 */
import { parseArgs } from "node:util";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";
import { KILL_RULES, killBatch, lastEvent } from "./kill-events.ts";

const { values } = parseArgs({
  options: {
    workspace: { type: "string" },
    from: { type: "string" },
    until: { type: "string" },
    finish: { type: "boolean" },
    backfill: { type: "boolean" },
  },
});

const spoor = await Spoor.open({
  layout: workspaceLayout(values.workspace!),
  clock: Date.now,
  background: true,
  note: (message) => process.stderr.write(`${message}\n`),
  memoryLimit: "1GB",
  threads: 2,
});
const say = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ state: "open" });

const encoder = new TextEncoder();
for (let batch = Number(values.from); batch < Number(values.until); batch += 1) {
  await spoor.streams.append("auth", encoder.encode(killBatch(batch)), `batch-${batch}`);
  say({ acknowledged: batch });
}
if (values.finish) {
  await spoor.streams.append("auth", encoder.encode(lastEvent(Number(values.until))), "last");
}
while (spoor.streams.waitingSources().length > 0) await spoor.streams.drain("auth");
await spoor.streams.catchUp();
if (values.backfill) {
  const context = { signal: new AbortController().signal, report: () => undefined };
  for (const name of Object.keys(KILL_RULES)) await spoor.controls.backfill(name, null, context);
}
say({ state: "settled" });

if (values.finish) {
  const count = async (sql: string): Promise<number> => Number((await spoor.engine.rows({ sql })).rows[0]!.c);
  const rules = [];
  for (const name of Object.keys(KILL_RULES)) {
    const { rule } = (await spoor.rules.loaded(name))!;
    const { detections } = await evaluateHistory(rule!, spoor.engine, { clock: Date.now });
    const untilUs = spoor.store.progress(name, rule!.version, "stream")!.evaluatedUntilUs;
    const hashes = (found: typeof detections): Map<string, string> =>
      new Map(
        found.filter(({ eventTimeUs }) => eventTimeUs <= untilUs).map(({ id, rowsHash }) => [id, rowsHash]),
      );
    const wanted = hashes(detections);
    const recorded = hashes(spoor.store.detections({ rule: name }));
    rules.push({
      name,
      expected: wanted.size,
      lost: [...wanted].filter(([id, hash]) => recorded.get(id) !== hash).length,
      toomuch: [...recorded].filter(([id]) => !wanted.has(id)).length,
      withdrawn: spoor.store.detections({ rule: name, withdrawn: "only" }).length,
      lateEvents: spoor.store.runTotals(name, 0).lateEvents,
    });
  }
  say({
    events: await count("select count(*) as c from auth where n >= 0"),
    different: await count("select count(distinct n) as c from auth where n >= 0"),
    rules,
  });
  await spoor.close();
  process.exit(0);
}
// Everything is done; the test kills it.
setInterval(() => undefined, 1_000);

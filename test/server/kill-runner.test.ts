import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { seededRandom } from "../../promote/run/seeded-random.ts";
import { KILL_RULES, killEvent, ruleYaml, SOURCE_YAML } from "./kill-runner/kill-events.ts";

/** `SPOOR_KILLS=100 SPOOR_KILL_BATCHES=100` kills a hundred times while a million events come in. */
const KILLS = Number(process.env.SPOOR_KILLS ?? 12);
const BATCHES = Number(process.env.SPOOR_KILL_BATCHES ?? 12);

const folder = mkdtempSync(join(tmpdir(), "spoor-kill-runner-"));
const started = new Set<ChildProcess>();
after(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  readonly events: number;
  readonly different: number;
  readonly rules: readonly {
    readonly name: string;
    readonly expected: number;
    readonly lost: number;
    readonly toomuch: number;
    readonly withdrawn: number;
    readonly lateEvents: number;
  }[];
}

/** One life of the process. */
class Life {
  readonly #child: ChildProcess;
  readonly #begunMs = performance.now();
  acknowledged = -1;
  openedMs: number | null = null;
  settledMs: number | null = null;
  result: Result | null = null;
  errors = "";
  readonly ended: Promise<unknown>;
  readonly opened: Promise<void>;
  readonly settled: Promise<void>;

  constructor(workspace: string, from: number, until: number, how: "--finish" | "--backfill" | null = null) {
    this.#child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(import.meta.dirname, "kill-runner", "runner.ts"),
        ...["--workspace", workspace, "--from", String(from), "--until", String(until)],
        ...(how === null ? [] : [how]),
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, UV_THREADPOOL_SIZE: "16", NODE_COMPILE_CACHE: join(folder, "compiled") },
      },
    );
    started.add(this.#child);
    this.ended = once(this.#child, "exit").then(() => started.delete(this.#child));
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    let tellOpened: () => void = () => undefined;
    let tellSettled: () => void = () => undefined;
    this.opened = new Promise((resolve) => {
      tellOpened = resolve;
    });
    this.settled = new Promise((resolve) => {
      tellSettled = resolve;
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const said = JSON.parse(line) as { acknowledged?: number; state?: string; events?: number };
      if (said.acknowledged !== undefined) this.acknowledged = said.acknowledged;
      if (said.state === "open") {
        this.openedMs = performance.now() - this.#begunMs;
        tellOpened();
      }
      if (said.state === "settled") {
        this.settledMs = performance.now() - this.#begunMs;
        tellSettled();
      }
      if (said.events !== undefined) this.result = said as Result;
    });
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

test("kill -9 at random points loses no detection and doubles none", {
  timeout: 1_500_000,
}, async (context) => {
  const workspace = join(folder, "workspace");
  mkdirSync(join(workspace, "sources", "auth"), { recursive: true });
  writeFileSync(join(workspace, "sources", "auth", "source.yaml"), SOURCE_YAML);
  writeFileSync(
    join(workspace, "owners.yaml"),
    "owners:\n  - { name: platform, onCall: [sam], alertsPerWeekBudget: 100, hourlyRateUsd: 90 }\n",
  );
  // Rules begin where the data is: the very first events are there before them, and are backfilled.
  const first = new Life(workspace, 0, 1);
  await first.settled;
  await first.kill();
  for (const [name, { sql }] of Object.entries(KILL_RULES)) {
    const place = join(workspace, "rules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "rule.yaml"), ruleYaml(name));
    writeFileSync(join(place, "rule.sql"), sql);
  }
  assert.ok(killEvent(1).startsWith('{"n":1,'));
  const second = new Life(workspace, 1, 1, "--backfill");
  await second.settled;
  await second.kill();

  const random = seededRandom(20261124);
  let next = 1;
  let openingMs = second.openedMs!;
  let workingMs = 1_000;
  const at = { opening: 0, posting: 0, settling: 0, settled: 0 };
  for (let kills = 0; kills < KILLS; kills += 1) {
    const quota = Math.max(next, Math.ceil(((kills + 1) / KILLS) * BATCHES));
    const life = new Life(workspace, next, quota);
    // One in five dies while it opens; the others at any moment of what they do afterwards.
    if (random() < 0.2) await Promise.race([wait(random() * openingMs), life.ended]);
    else {
      await Promise.race([life.opened, life.ended]);
      await Promise.race([wait(random() * workingMs * 1.1), life.ended]);
    }
    await life.kill();
    assert.doesNotMatch(life.errors, /Error/, life.errors);
    const phase =
      life.openedMs === null
        ? "opening"
        : life.settledMs !== null
          ? "settled"
          : life.acknowledged === quota - 1 || next === quota
            ? "settling"
            : "posting";
    at[phase] += 1;
    if (life.openedMs !== null) openingMs = 0.7 * openingMs + 0.3 * life.openedMs;
    if (life.settledMs !== null) workingMs = 0.7 * workingMs + 0.3 * (life.settledMs - life.openedMs!);
    else if (life.openedMs !== null) workingMs *= 1.05;
    next = Math.max(next, life.acknowledged + 1);
  }
  context.diagnostic(
    `killed while ${JSON.stringify(at)}; opening took ${Math.round(openingMs)} ms, work ${Math.round(workingMs)} ms`,
  );
  const last = new Life(workspace, next, BATCHES, "--finish");
  await last.ended;
  assert.ok(last.result, last.errors);
  const { events, different, rules } = last.result;
  context.diagnostic(JSON.stringify({ events, rules }));
  assert.equal(events, BATCHES * 10_000);
  assert.equal(different, BATCHES * 10_000);
  for (const rule of rules) {
    assert.ok(rule.expected >= BATCHES, `${rule.name} expects only ${rule.expected}`);
    assert.deepEqual([rule.name, rule.lost, rule.toomuch], [rule.name, 0, 0]);
  }
});

import { Worker } from "node:worker_threads";
import type { WrittenFile } from "./day.ts";
import type { TruthEvent } from "./intrusion.ts";
import { createIntrusion } from "./intrusion.ts";
import { DAY_MS, DAYS, weekStartBefore } from "./rhythm.ts";
import {
  createWeek,
  type DayTask,
  SIMULATED_SOURCES,
  type SimulatedSource,
  type WeekSettings,
  writeDay,
} from "./write-day.ts";

export interface SimulateOptions {
  /** Any integer; equal seeds and weeks give equal bytes. */
  readonly seed: number;
  /** The week ends at the last UTC midnight at or before this, so that the data looks recent. */
  readonly endMs: number;
  /** 1 writes about 2 million events; 0.01 about 20,000 and the whole intrusion. Default 1. */
  readonly scale?: number;
  /** Files go to `<directory>/<source>/...`; it is created when missing. */
  readonly directory: string;
  /** Threads beside this one; 0 writes in this thread. Default: 2, and 0 for a scale below 0.05. */
  readonly workerCount?: number;
  readonly onProgress?: (progress: SimulationProgress) => void;
  /** Stops the writing; the promise then rejects with the signal's reason and files may be left behind. */
  readonly signal?: AbortSignal;
}

export interface SimulationProgress {
  /** 0 to 1. */
  readonly share: number;
  readonly events: number;
}

export interface SimulatedFile extends WrittenFile {
  readonly source: SimulatedSource;
}

export interface Simulation {
  readonly weekStartMs: number;
  /** Exclusive. */
  readonly weekEndMs: number;
  /** In the order in which they should be loaded: by source, then by time of writing. */
  readonly files: readonly SimulatedFile[];
  /** Every event of the intrusion, oldest first. */
  readonly truth: readonly TruthEvent[];
}

/** Work of one task relative to the others, to hand out the long ones first. */
const WEIGHTS: Readonly<Record<SimulatedSource, number>> = {
  zeek: 5,
  sysmon: 3,
  winauth: 2,
  cloudtrail: 1,
  idp: 1,
};

/** Writes one week of a small company's logs with an intrusion in it; says which events the intrusion made. */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const scale = options.scale ?? 1;
  if (!(scale > 0)) throw new RangeError(`The scale of a simulation must be above zero, not ${scale}`);
  const weekStartMs = weekStartBefore(options.endMs);
  const settings: WeekSettings = { seed: options.seed, weekStartMs, scale, directory: options.directory };
  const tasks: DayTask[] = SIMULATED_SOURCES.flatMap((source) =>
    Array.from({ length: DAYS }, (_, day) => ({ source, day })),
  ).sort((left, right) => WEIGHTS[right.source] - WEIGHTS[left.source] || left.day - right.day);
  const total = tasks.reduce((sum, task) => sum + WEIGHTS[task.source], 0);

  const files: (SimulatedFile & { readonly day: number })[] = [];
  let done = 0;
  let events = 0;
  const finish = (task: DayTask, written: readonly WrittenFile[]): void => {
    for (const file of written) {
      files.push({ source: task.source, day: task.day, ...file });
      events += file.events;
    }
    done += WEIGHTS[task.source];
    options.onProgress?.({ share: done / total, events });
  };

  options.signal?.throwIfAborted();
  const workerCount = options.workerCount ?? (scale < 0.05 ? 0 : 2);
  if (workerCount === 0) {
    const week = createWeek(settings);
    for (const task of tasks) {
      options.signal?.throwIfAborted();
      finish(task, await writeDay(week, task));
    }
  } else {
    await shareOut(settings, tasks, workerCount, finish, options.signal);
  }

  const order = (source: SimulatedSource): number => SIMULATED_SOURCES.indexOf(source);
  // Within a day the order of writing stays; the late DNS file comes after the files of its day.
  files.sort((left, right) => order(left.source) - order(right.source) || left.day - right.day);
  const week = createWeek(settings);
  return {
    weekStartMs,
    weekEndMs: weekStartMs + DAYS * DAY_MS,
    files: files.map(({ day: _day, ...file }) => file),
    truth: createIntrusion(settings.seed, week.company, weekStartMs).map(
      ({ text: _text, ...event }) => event,
    ),
  };
}

function shareOut(
  settings: WeekSettings,
  tasks: readonly DayTask[],
  workerCount: number,
  finish: (task: DayTask, files: readonly WrittenFile[]) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const queue = [...tasks];
  const workers: Worker[] = [];
  let running = 0;
  return new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    for (let index = 0; index < Math.min(workerCount, tasks.length); index++) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: settings });
      workers.push(worker);
      let current: DayTask | undefined;
      const next = (): void => {
        current = queue.shift();
        if (current) worker.postMessage(current);
        else if (running === 0) resolve();
        if (current) running += 1;
      };
      worker.on("message", (answer: { files?: WrittenFile[]; error?: string }) => {
        running -= 1;
        if (answer.error !== undefined || !answer.files || !current) {
          reject(new Error(`Writing simulated logs failed: ${answer.error ?? "no answer"}`));
          return;
        }
        finish(current, answer.files);
        next();
      });
      worker.on("error", reject);
      next();
    }
  }).finally(() => Promise.all(workers.map((worker) => worker.terminate())));
}

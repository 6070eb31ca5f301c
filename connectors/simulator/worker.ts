import { parentPort, workerData } from "node:worker_threads";
import { createWeek, type DayTask, type WeekSettings, writeDay } from "./write-day.ts";

// One worker: it is handed a task, answers with the files, and is handed the next.
const week = createWeek(workerData as WeekSettings);
parentPort?.on("message", (task: DayTask) => {
  writeDay(week, task).then(
    (files) => parentPort?.postMessage({ files }),
    (error: unknown) => parentPort?.postMessage({ error: String(error) }),
  );
});

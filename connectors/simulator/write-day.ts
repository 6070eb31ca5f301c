import { join } from "node:path";
import { adminScriptLines } from "./admin-script.ts";
import { writeCloudtrailDay } from "./cloudtrail.ts";
import { type Company, createCompany } from "./company.ts";
import type { Day, WrittenFile } from "./day.ts";
import { writeIdpDay } from "./idp.ts";
import { createIntrusion } from "./intrusion.ts";
import { createLogFile } from "./log-file.ts";
import { createRandom } from "./random.ts";
import { DAY_MS } from "./rhythm.ts";
import { dayStamps } from "./stamp.ts";
import { writeSysmonDay } from "./sysmon.ts";
import type { PlannedLine } from "./timeline.ts";
import { writeWinauthDay } from "./winauth.ts";
import { writeZeekDay } from "./zeek.ts";

export const SIMULATED_SOURCES = ["sysmon", "winauth", "idp", "zeek", "cloudtrail"] as const;
export type SimulatedSource = (typeof SIMULATED_SOURCES)[number];

/** One source's logs of one day: the unit that workers share out. */
export interface DayTask {
  readonly source: SimulatedSource;
  /** 0 to 6. */
  readonly day: number;
}

export interface WeekSettings {
  readonly seed: number;
  readonly weekStartMs: number;
  readonly scale: number;
  readonly directory: string;
}

/** The week's company and every planned line, made once and read by each task. */
export interface Week {
  readonly settings: WeekSettings;
  readonly company: Company;
  readonly planned: readonly { readonly dataset: string; readonly timeMs: number; readonly text: string }[];
}

export function createWeek(settings: WeekSettings): Week {
  const company = createCompany(settings.seed);
  const admin = adminScriptLines(settings.seed, company, settings.weekStartMs);
  return {
    settings,
    company,
    planned: [
      ...createIntrusion(settings.seed, company, settings.weekStartMs),
      ...admin.map((line) => ({ dataset: "sysmon", ...line })),
    ],
  };
}

/** Writes the files of one task. Equal settings and task give equal bytes, in whatever order tasks run. */
export function writeDay(week: Week, task: DayTask): Promise<WrittenFile[]> {
  const { seed, weekStartMs, scale, directory } = week.settings;
  const midnightMs = weekStartMs + task.day * DAY_MS;
  const day: Day = {
    company: week.company,
    random: createRandom(`${task.source}/${seed}/${midnightMs}`),
    stamps: dayStamps(midnightMs),
    weekStartMs,
    index: task.day,
    scale,
    planned: (dataset): PlannedLine[] =>
      week.planned
        .filter(
          (line) =>
            line.dataset === dataset && line.timeMs >= midnightMs && line.timeMs < midnightMs + DAY_MS,
        )
        .map((line) => ({ msOfDay: line.timeMs - midnightMs, text: line.text })),
    open: (name) => createLogFile(join(directory, task.source, name)),
  };
  switch (task.source) {
    case "sysmon":
      return writeSysmonDay(day);
    case "winauth":
      return writeWinauthDay(day);
    case "idp":
      return writeIdpDay(day, seed);
    case "zeek":
      return writeZeekDay(day);
    case "cloudtrail":
      return writeCloudtrailDay(day);
  }
}

import type { Company } from "./company.ts";
import type { LogFile } from "./log-file.ts";
import type { Random } from "./random.ts";
import type { DayStamps } from "./stamp.ts";
import type { PlannedLine } from "./timeline.ts";

/** Everything a writer needs to write one source's logs of one day. */
export interface Day {
  readonly company: Company;
  /** Its own for each source and day, so that days can be written in any order. */
  readonly random: Random;
  readonly stamps: DayStamps;
  readonly weekStartMs: number;
  /** 0 to 6. */
  readonly index: number;
  /** 1 is the full company, about 2 million events a week. */
  readonly scale: number;
  /** Planned lines of one dataset on this day. */
  planned(dataset: string): readonly PlannedLine[];
  /** Opens a log below the source's folder. */
  open(name: string): LogFile;
}

/** One file of a source. */
export interface WrittenFile {
  readonly path: string;
  /** Events in it that can be read. */
  readonly events: number;
  /** Lines in it that no reader can take. */
  readonly malformed: number;
  readonly bytes: number;
}

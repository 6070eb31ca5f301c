import { createCompany } from "./company.ts";
import { serviceCreation } from "./intrusion.ts";
import { createRandom, windowsGuid } from "./random.ts";
import { dayStamps, midnightOf } from "./stamp.ts";
import { sysmonBackgroundLine } from "./sysmon.ts";

export interface LiveOptions {
  readonly seed: number;
  /** Time of the last event. */
  readonly atMs: number;
  /** Lines of everyday activity. */
  readonly count: number;
  /** The time that they are spread over, before `atMs`. Default 60,000. */
  readonly overMs?: number;
  /** Adds the intrusion's service creation (its registry value and its encoded child) before the last line. */
  readonly intrusion?: boolean;
}

/** What is happening now in the same company: Sysmon lines as NDJSON, oldest first, for the stream. Pure. */
export function liveEvents(options: LiveOptions): string {
  const { seed, atMs, count, overMs = 60_000 } = options;
  const company = createCompany(seed);
  const random = createRandom(`live/${seed}/${atMs}/${count}`);
  const lines: string[] = [];
  const timeOf = (index: number): number => Math.round(atMs - overMs + ((index + 1) * overMs) / count);
  for (let index = 0; index < count; index++) {
    const timeMs = timeOf(index);
    lines.push(
      sysmonBackgroundLine(
        { company, random, stamps: dayStamps(midnightOf(timeMs)) },
        timeMs - midnightOf(timeMs),
      ),
    );
  }
  if (options.intrusion) {
    // Both lines within one day, so that they share its date.
    const processMs = Math.max(midnightOf(atMs), atMs - 1);
    const registryMs = Math.max(midnightOf(atMs), processMs - 700);
    const stamps = dayStamps(midnightOf(atMs));
    const { registry, process } = serviceCreation(
      company,
      stamps,
      registryMs - midnightOf(atMs),
      processMs - midnightOf(atMs),
      windowsGuid(random),
      String(4 * (900 + random.below(2000))),
    );
    lines.splice(Math.max(0, lines.length - 1), 0, registry, process);
  }
  return lines.join("");
}

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quoteIdentifier, quoteText } from "../../../connectors/sql/quote.ts";
import type { TestLake } from "../../notebooks/engine/test-lake.ts";
import { sysmonEvent, sysmonLines } from "./sysmon-events.ts";

/** Adds events as one segment of the dataset `sysmon`, typed as a drain would type them. */
export async function addSysmon(lake: TestLake, first: number, count: number): Promise<void> {
  const types = new Map<string, string>();
  for (let number = 0; number < 400; number += 1) {
    for (const [key, value] of Object.entries(sysmonEvent(number))) {
      types.set(key, typeof value === "number" ? "BIGINT" : "VARCHAR");
    }
  }
  const file = join(lake.folder, `sysmon-${first}.ndjson`);
  writeFileSync(file, sysmonLines(first, count));
  const columns = [...types].map(([key, type]) => `${quoteIdentifier(key)}: ${quoteText(type)}`).join(", ");
  await lake.add(
    "sysmon",
    `SELECT CAST("UtcTime" AS TIMESTAMP) AS _time, * FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${columns}})`,
  );
  rmSync(file);
}

import { createWriteStream, writeFileSync } from "node:fs";
import { Writable } from "node:stream";
import { type Command, Option } from "commander";
import type { QueryJson } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { EXIT, UsageError } from "./exit.ts";
import { cellText, textTable } from "./output.ts";

const TABLE_ROWS = 1000;

export function queryCommand(): Command {
  return sharedCommand(
    "query",
    "Run one SELECT over the workspace's datasets.",
    `spoor query "select Image, count(*) as n from sysmon group by all order by n desc limit 10"\nspoor query "from zeek_conn where orig_bytes > \\$least" --parameter least=1000000 --format parquet --out big.parquet`,
  )
    .argument("<sql>")
    .addOption(
      new Option("--format <format>", "how rows are written")
        .choices(["table", "json", "ndjson", "csv", "arrow", "parquet"])
        .default("table"),
    )
    .option("--parameter <name=value...>", "values for $name in the SQL (numbers as numbers)")
    .option("--out <file>", "write to a file instead of standard output")
    .action(
      async (sql: string, options: SharedOptions & { format: string; parameter?: string[]; out?: string }) =>
        withConnection(options, async (connection, output) => {
          const parameters = parseParameters(options.parameter ?? []);
          const format = output.json && options.format === "table" ? "json" : options.format;
          if (format === "table") {
            const result = await connection.json<QueryJson>(
              "/api/query",
              jsonBody({ sql, parameters, format: "json", rowLimit: TABLE_ROWS }),
            );
            const names = result.columns.map((column) => column.name);
            output.out(
              textTable(
                names,
                result.rows.map((row) => names.map((name) => cellText(row[name]))),
              ),
            );
            output.note(
              result.complete
                ? `${result.rows.length} ${result.rows.length === 1 ? "row" : "rows"}`
                : `the first ${result.rows.length} rows of more; --format ndjson writes all`,
            );
            return;
          }
          if (format === "json") {
            const result = await connection.json<QueryJson>(
              "/api/query",
              jsonBody({ sql, parameters, format }),
            );
            if (options.out) writeFileSync(options.out, JSON.stringify(result));
            else output.out(JSON.stringify(result));
            if (!result.complete) {
              output.note(`the first ${result.rows.length} rows of more; --format ndjson writes all`);
              process.exitCode = EXIT.no;
            }
            return;
          }
          const response = await connection.request("/api/query", jsonBody({ sql, parameters, format }));
          const sink = options.out ? createWriteStream(options.out) : process.stdout;
          await response.body!.pipeTo(Writable.toWeb(sink), { preventClose: sink === process.stdout });
        }),
    );
}

/** `name=value` texts into values: numbers and booleans as such, all else as text. */
export function parseParameters(pairs: readonly string[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf("=");
      if (cut < 1) throw new UsageError(`--parameter takes name=value, not "${pair}".`);
      const text = pair.slice(cut + 1);
      const value =
        /^-?\d+(\.\d+)?$/.test(text) && Number.isSafeInteger(Math.trunc(Number(text))) ? Number(text) : text;
      return [pair.slice(0, cut), text === "true" ? true : text === "false" ? false : value];
    }),
  );
}

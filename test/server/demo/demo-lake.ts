import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Simulation } from "../../../connectors/simulator/simulate.ts";

const ZEEK_TYPES: Readonly<Record<string, string>> = {
  count: "BIGINT",
  port: "BIGINT",
  interval: "DOUBLE",
  bool: "BOOLEAN",
  time: "DOUBLE",
};

/**
 * A DuckDB that holds a simulated week under the demo's dataset names, read with DuckDB's own readers: `_time` is
 * TIMESTAMP in UTC, nested JSON is STRUCT, Zeek's columns have Zeek's names.
 */
export async function openDemoLake(
  simulation: Simulation,
  zeekHeader: (path: string) => { readonly fields: readonly string[]; readonly types: readonly string[] },
): Promise<{ connection: DuckDBConnection; close(): void }> {
  const database = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "2GB" });
  const connection = await database.connect();
  await connection.run("set timezone = 'UTC'");
  const paths = (part: string): string =>
    `[${simulation.files
      .filter((file) => file.path.includes(part))
      .map((file) => `'${file.path.replaceAll("'", "''")}'`)
      .join(", ")}]`;
  const json = (name: string, time: string): string =>
    `create table ${name} as select cast(${time} as timestamp) as _time, * from read_json(${paths(`/${name}/`)}, format = 'newline_delimited', ignore_errors = true, union_by_name = true)`;
  await connection.run(json("sysmon", '"UtcTime"'));
  await connection.run(json("winauth", '"@timestamp"'));
  await connection.run(json("idp", "published"));
  await connection.run(
    `create table cloudtrail as select cast(record.eventTime as timestamp) as _time, record.* from (select unnest(Records) as record from read_json(${paths("/cloudtrail/")}, union_by_name = true))`,
  );
  for (const log of ["conn", "dns"]) {
    const { fields, types } = zeekHeader(
      simulation.files.find((file) => file.path.includes(`/${log}.`))!.path,
    );
    const columns = fields.map((field, index) => `'${field}': '${ZEEK_TYPES[types[index]!] ?? "VARCHAR"}'`);
    await connection.run(
      `create table zeek_${log} as select make_timestamp(cast(round(ts * 1e6) as bigint)) as _time, * from read_csv(${paths(`/${log}.`)}, delim = '\t', comment = '#', header = false, quote = '', nullstr = '-', auto_detect = false, columns = {${columns.join(", ")}})`,
    );
  }
  return {
    connection,
    close() {
      connection.closeSync();
      database.closeSync();
    },
  };
}

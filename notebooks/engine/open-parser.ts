import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** A small instance without data, files or network, that only parses. The caller closes both. */
export async function openParser(): Promise<{ instance: DuckDBInstance; connection: DuckDBConnection }> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "256MB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    enable_external_access: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET GLOBAL lock_configuration = true");
  return { instance, connection };
}

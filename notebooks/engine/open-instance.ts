import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { quoteText } from "../../connectors/sql/quote.ts";

export interface PrivateInstanceLimits {
  readonly threads: number;
  /** DuckDB's notation: `2GB`. */
  readonly memoryLimit: string;
  /** Where it may spill, and how much. */
  readonly temporaryDirectory: string;
  readonly temporaryLimit: string;
}

/**
 * An in-memory DuckDB that loads no extension, spills within its limit, speaks UTC and gives errors as JSON, with a
 * first connection. `prepare` fills and locks it; when it throws, the instance is closed.
 */
export async function openInstance<T>(
  limits: PrivateInstanceLimits,
  prepare: (instance: DuckDBInstance, service: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(limits.threads),
    memory_limit: limits.memoryLimit,
    temp_directory: limits.temporaryDirectory,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    errors_as_json: "true",
  });
  try {
    const service = await instance.connect();
    await service.run("SET GLOBAL TimeZone = 'UTC'");
    await service.run(`SET GLOBAL max_temp_directory_size = ${quoteText(limits.temporaryLimit)}`);
    return await prepare(instance, service);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

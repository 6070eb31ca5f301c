import { open } from "node:fs/promises";

/** Makes names that were made, changed or removed in a folder durable. */
export async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

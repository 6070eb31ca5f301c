import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openSession } from "../sql/session.ts";
import { gather, type LoadOptions, plan } from "./load.ts";
import type { InferenceReport } from "./report.ts";

const PREVIEW_ROWS = 2_000;

/** What a load would infer, from the first rows of each input. Changes nothing. */
export async function previewFiles(
  options: Omit<LoadOptions, "lakeDirectory" | "clock">,
): Promise<InferenceReport> {
  const scratchDirectory = join(options.scratchDirectory, `preview-${randomUUID()}`);
  mkdirSync(scratchDirectory, { recursive: true });
  const session = await openSession({
    scratchDirectory,
    memoryLimit: options.memoryLimit ?? "1GB",
    threads: options.threads ?? 2,
  });
  try {
    const whole = { ...options, lakeDirectory: scratchDirectory };
    const gathered = await gather(whole, scratchDirectory, session, PREVIEW_ROWS);
    return (await plan(whole, gathered, session)).inference;
  } finally {
    session.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

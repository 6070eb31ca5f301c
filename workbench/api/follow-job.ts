import type { Job } from "../../server/api/api.ts";
import { ApiFailure } from "./api-failure.ts";
import type { SpoorClient } from "./client.ts";

export interface FollowJobOptions {
  /** Called with every state seen, the first and the last included. */
  readonly onProgress?: (job: Job) => void;
  readonly signal?: AbortSignal;
  /** Time between two looks. Default 300. */
  readonly intervalMs?: number;
}

/**
 * Polls a job until it ends and returns it as `succeeded` or `cancelled`. Throws `ApiFailure` with the job's issues
 * when it failed. An aborted signal ends the following, not the job: cancel that with `client.cancelJob`.
 */
export async function followJob(
  client: SpoorClient,
  started: Job,
  { onProgress, signal, intervalMs = 300 }: FollowJobOptions = {},
): Promise<Job> {
  let job = started;
  for (;;) {
    onProgress?.(job);
    if (job.state === "failed") {
      throw new ApiFailure(422, job.error?.message ?? job.message, { issues: job.error?.issues ?? [] });
    }
    if (job.state !== "running") return job;
    await pause(intervalMs, signal);
    job = await client.job(job.id, signal);
  }
}

function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("The following was stopped.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, durationMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

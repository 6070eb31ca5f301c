import { randomUUID } from "node:crypto";
import { IssuesError } from "../../connectors/issue/issue.ts";
import type { ApiError, Job } from "../api/api.ts";

/** What long work may use to say how far it is and to notice that it was cancelled. */
export interface JobContext {
  readonly signal: AbortSignal;
  /** `progress` 0..1 or null when unknown. */
  readonly report: (progress: number | null, message: string) => void;
}

interface JobEntry {
  job: Job;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

const KEPT_JOBS = 200;

/** Long work that a page or the CLI can watch and cancel. Kept in memory: the ledger has what the work did. */
export class Jobs {
  readonly #jobs = new Map<string, JobEntry>();

  start(kind: string, work: (context: JobContext) => Promise<unknown>): Job {
    const id = randomUUID();
    const controller = new AbortController();
    const change = (part: Partial<Job>) => {
      const entry = this.#jobs.get(id);
      if (entry) entry.job = { ...entry.job, ...part };
    };
    const job: Job = { id, kind, state: "running", progress: null, message: "", result: null, error: null };
    const done = Promise.resolve()
      .then(() =>
        work({ signal: controller.signal, report: (progress, message) => change({ progress, message }) }),
      )
      .then((result) => change({ state: "succeeded", progress: 1, result }))
      .catch((error: unknown) => {
        change(
          controller.signal.aborted
            ? { state: "cancelled", error: { message: "Cancelled.", issues: [] } }
            : { state: "failed", error: apiError(error) },
        );
      });
    this.#jobs.set(id, { job, controller, done });
    for (const old of this.#jobs.keys()) {
      if (this.#jobs.size <= KEPT_JOBS) break;
      if (this.#jobs.get(old)!.job.state !== "running") this.#jobs.delete(old);
    }
    return job;
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id)?.job;
  }

  running(): Job[] {
    return [...this.#jobs.values()].map((entry) => entry.job).filter((job) => job.state === "running");
  }

  cancel(id: string): boolean {
    const entry = this.#jobs.get(id);
    if (entry?.job.state !== "running") return false;
    entry.controller.abort();
    return true;
  }

  /** Cancels all and waits until they have stopped. */
  async close(): Promise<void> {
    for (const entry of this.#jobs.values()) if (entry.job.state === "running") entry.controller.abort();
    await Promise.all([...this.#jobs.values()].map((entry) => entry.done));
  }
}

/** An error as the API tells it: its message and issues, never a stack. */
export function apiError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  const issues =
    error instanceof IssuesError ? error.issues : ((error as { issues?: ApiError["issues"] })?.issues ?? []);
  const offset = (error as { offset?: number | null })?.offset;
  return offset === undefined ? { message, issues } : { message, issues, offset };
}

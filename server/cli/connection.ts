import { existsSync, realpathSync } from "node:fs";
import { IssuesError } from "../../connectors/issue/issue.ts";
import type { ApiError, Job, SessionInfo } from "../api/api.ts";
import { LedgerBusyError } from "../ledger/ledger.ts";
import { workspaceLayout } from "../workspace/layout.ts";
import { readServerFile } from "../workspace/server-file.ts";

/** An answer of the API that is an error. */
export class ApiCallError extends Error {
  readonly status: number;
  readonly error: ApiError;

  constructor(status: number, error: ApiError) {
    super(error.message);
    this.name = "ApiCallError";
    this.status = status;
    this.error = error;
  }
}

/**
 * The API of one workspace, wherever it runs: in the server that holds the workspace, else in this process, which
 * then holds it until `close`. Every command speaks to it in the same way.
 */
export interface Connection {
  /** `server` when a running server answers. */
  readonly where: "server" | "here";
  request(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, init?: RequestInit): Promise<T>;
  /** Polls a job to its end; `onProgress` sees each change. */
  job<T>(job: Job, onProgress: (job: Job) => void): Promise<T>;
  close(): Promise<void>;
}

/** Whether the server answers and holds this very folder: a copied workspace brings its server file along. */
async function answers(url: string, token: string, root: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/session`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(15_000),
    });
    if (!response.ok) return false;
    const { workspace } = (await response.json()) as SessionInfo;
    return realpathSync(workspace) === realpathSync(root);
  } catch {
    return false;
  }
}

/** Connects to the workspace's server or opens the workspace here. Throws an Error that says what to do. */
export async function connect(directory: string): Promise<Connection> {
  const layout = workspaceLayout(directory);
  const server = readServerFile(layout.serverFile);
  if (server && (await answers(server.url, server.token, layout.root))) {
    return connection(
      "server",
      (path, init) => {
        const headers = new Headers(init?.headers);
        headers.set("authorization", `Bearer ${server.token}`);
        return fetch(`${server.url}${path}`, { ...init, headers });
      },
      async () => {},
    );
  }
  if (!existsSync(layout.root)) {
    throw new Error(
      `There is no workspace at ${layout.root}. Make one with "npm start", or name one with --workspace.`,
    );
  }
  const { openHere } = await import("./open-here.ts");
  try {
    const opened = await openHere(layout);
    return connection("here", opened.request, opened.close);
  } catch (error) {
    if (error instanceof LedgerBusyError) {
      throw new Error(
        `The workspace ${layout.root} is in use by another process that does not answer. It may be busy: try again in a while, and stop it only if it stays silent.`,
      );
    }
    throw error;
  }
}

function connection(
  where: Connection["where"],
  request: (path: string, init?: RequestInit) => Promise<Response>,
  close: () => Promise<void>,
): Connection {
  const call = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await request(path, init);
    if (response.ok) return response;
    const text = await response.text();
    let error: ApiError = { message: text || `HTTP ${response.status}`, issues: [] };
    try {
      error = (JSON.parse(text) as { error: ApiError }).error ?? error;
    } catch {
      // The body is no JSON: the text itself is the message.
    }
    throw new ApiCallError(response.status, error);
  };
  const json = async <T>(path: string, init?: RequestInit): Promise<T> =>
    (await (await call(path, init)).json()) as T;
  return {
    where,
    request: call,
    json,
    close,
    async job<T>(started: Job, onProgress: (job: Job) => void): Promise<T> {
      let job = started;
      const cancel = () => void request(`/api/jobs/${job.id}`, { method: "DELETE" });
      process.once("SIGINT", cancel);
      try {
        while (job.state === "running") {
          await new Promise((resolve) => setTimeout(resolve, 120));
          job = await json<Job>(`/api/jobs/${job.id}`);
          onProgress(job);
        }
      } finally {
        process.off("SIGINT", cancel);
      }
      if (job.state === "succeeded") return job.result as T;
      throw new IssuesError(job.error?.message ?? `The work was ${job.state}.`, job.error?.issues ?? []);
    },
  };
}

/** A JSON request body with its header. */
export function jsonBody(value: unknown, method = "POST"): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

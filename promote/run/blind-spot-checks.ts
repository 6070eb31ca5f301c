import { type QueryEngine, QueryError, type Row } from "../../notebooks/engine/engine.ts";
import { type BlindSpot, type BlindSpotCheck, blindSpotId, checkWords } from "../ads/blind-spots.ts";
import type { BlindSpotResult } from "../gate/evidence.ts";

const TIME_LIMIT_MS = 60_000;

export interface BlindSpotRequest {
  readonly blindSpots: readonly BlindSpot[];
  readonly engine: Pick<QueryEngine, "rows">;
  /** What is wrong with a source now, a sentence each; null when there is no such source. */
  readonly sourceErrors: (source: string) => readonly string[] | null;
  /** Share of the dataset's newest rows that have the field; null when it cannot be told. */
  readonly filledShare: (dataset: string, field: string) => Promise<number | null>;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

type Seen = Pick<BlindSpotResult, "state" | "evidence">;

/** Runs the check of every blind spot and assumption that has one. A check that fails to run does not hold. */
export async function checkBlindSpots(request: BlindSpotRequest): Promise<BlindSpotResult[]> {
  const results: BlindSpotResult[] = [];
  for (const spot of request.blindSpots) {
    const { statement, check } = spot;
    request.signal?.throwIfAborted();
    if (check === null) continue;
    const untestable = check.kind === "untestable";
    results.push({
      id: blindSpotId(spot),
      statement,
      check: untestable ? null : checkWords(check),
      owner: untestable ? check.owner : null,
      ...(await seen(request, check)),
      atMs: request.nowMs,
    });
  }
  return results;
}

async function seen(request: BlindSpotRequest, check: BlindSpotCheck): Promise<Seen> {
  switch (check.kind) {
    case "untestable":
      return { state: "untestable", evidence: `${check.owner} answers for it.` };
    case "source-well":
      return sourceSeen(check.source, request.sourceErrors(check.source));
    case "field-filled":
      return fillSeen(check, await request.filledShare(check.dataset, check.field));
    default:
      return querySeen(request, check);
  }
}

function sourceSeen(source: string, errors: readonly string[] | null): Seen {
  if (errors === null) return { state: "broken", evidence: `There is no source ${source}.` };
  const [first] = errors;
  return first === undefined
    ? { state: "holds", evidence: `${source} has no error of health.` }
    : { state: "broken", evidence: first };
}

function fillSeen(check: Extract<BlindSpotCheck, { kind: "field-filled" }>, share: number | null): Seen {
  const what = `${check.field} of ${check.dataset}`;
  if (share === null) return { state: "broken", evidence: `${what} is not there, or has no rows.` };
  const percent = `${(share * 100).toFixed(1)} %`;
  return {
    state: share >= check.share ? "holds" : "broken",
    evidence: `${what} is filled in ${percent} of the newest rows.`,
  };
}

async function querySeen(
  { engine, signal }: BlindSpotRequest,
  check: Extract<BlindSpotCheck, { sql: string }>,
): Promise<Seen> {
  try {
    const { rows } = await engine.rows({
      sql: check.sql,
      rowLimit: 1,
      timeLimitMs: TIME_LIMIT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const [row] = rows;
    if (check.kind === "sql") {
      const holds = (row !== undefined) === (check.expects === "rows");
      return {
        state: holds ? "holds" : "broken",
        evidence: row === undefined ? "It gives no row." : `It gives ${shown(row)}.`,
      };
    }
    const number = row === undefined ? null : numberIn(row);
    if (number === null) return { state: "broken", evidence: "It gives no number." };
    const holds = number >= (check.minimum ?? -Infinity) && number <= (check.maximum ?? Infinity);
    return { state: holds ? "holds" : "broken", evidence: `It gives ${number}.` };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof QueryError)) throw error;
    return { state: "broken", evidence: `It cannot be run: ${error.message}` };
  }
}

function numberIn(row: Row): number | null {
  for (const value of Object.values(row)) {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "bigint") return Number(value);
  }
  return null;
}

function shown(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))
    .replaceAll(/\p{C}/gu, "?")
    .slice(0, 200);
}

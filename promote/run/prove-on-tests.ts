import type { ReplayProof } from "../records/records.ts";
import { eachTest, type RuleTestRequest } from "../rule/tests.ts";
import { testsHashOf } from "./proof-validity.ts";
import { type ProofRequest, proveStream } from "./prove.ts";
import type { Streamability } from "./streamable.ts";

/** Other seeds cut, shuffle and delay the few events of a test in other ways. */
const SEEDS = [1, 2, 3, 4, 5];
const SLICES = 40;
const SHOWN_IDS = 20;

export interface TestProofRequest
  extends Pick<ProofRequest, "rule" | "clock" | "signal">,
    Pick<RuleTestRequest, "makeEngine" | "tests"> {
  /** What replaying the history gave: nothing to prove. */
  readonly history: ReplayProof;
  readonly tested: RuleTestRequest["datasets"];
  /** Null while nobody could read the SQL. */
  readonly streamability: Streamability | null;
}

/**
 * Proves, or refuses, on the events of the rule's match tests what the history says nothing about: each test that finds
 * something is replayed in an engine of its own, cut, shuffled and delayed by several seeds. A rule whose SQL depends on
 * more than a test can hold (first seen, rarity, the clock) and one without such a test keep `nothingToProve`, with why.
 */
export async function proveOnTests(request: TestProofRequest): Promise<ReplayProof> {
  const { rule, history, streamability, clock } = request;
  const testsHash = testsHashOf(request.tests);
  const none = "The history holds no detection of this rule";
  const nothing = (why: string): ReplayProof => ({ ...history, testsHash, reason: `${none}, and ${why}` });
  if (streamability === null) return nothing("its SQL cannot be read.");
  if (streamability.mode !== "stream")
    return nothing(`its rows depend on more than its tests can hold. ${streamability.reason}`);
  const withSignal = request.signal === undefined ? {} : { signal: request.signal };
  const proofs: (readonly ReplayProof[])[] = [];
  await eachTest(
    { rule, tests: request.tests, datasets: request.tested, makeEngine: request.makeEngine, ...withSignal },
    async (test) => {
      if (test.expected !== "match" || !test.passed) return;
      const replays: ReplayProof[] = [];
      for (const seed of SEEDS) {
        replays.push(
          await proveStream({
            rule,
            engine: test.engine,
            datasets: [],
            engineVersion: history.engineVersion,
            seed,
            sliceCount: SLICES,
            clock,
            ...withSignal,
          }),
        );
      }
      proofs.push(replays);
    },
  );
  if (proofs.length === 0) return nothing("no match test of it passes that could be replayed instead.");
  const all = proofs.flat();
  // One verdict a test: its worst.
  const shown = proofs.map((replays) => replays.find(({ holds }) => !holds) ?? replays[0]!);
  const refused = shown.find(({ holds }) => !holds);
  const sum = (count: (proof: ReplayProof) => number, of: readonly ReplayProof[]) =>
    of.reduce((total, proof) => total + count(proof), 0);
  const { nothingToProve: _, ...facts } = history;
  return {
    ...facts,
    provedMs: clock(),
    eventCount: sum(({ eventCount }) => eventCount, shown),
    sliceCount: sum(({ sliceCount }) => sliceCount, all),
    skippedSliceCount: sum(({ skippedSliceCount }) => skippedSliceCount ?? 0, all),
    batchDetectionCount: sum(({ batchDetectionCount }) => batchDetectionCount, shown),
    streamDetectionCount: sum(({ streamDetectionCount }) => streamDetectionCount, shown),
    onlyBatch: shown.flatMap(({ onlyBatch }) => onlyBatch).slice(0, SHOWN_IDS),
    onlyStream: shown.flatMap(({ onlyStream }) => onlyStream).slice(0, SHOWN_IDS),
    holds: refused === undefined,
    reason: refused === undefined ? "" : `${none}; over the events of its tests: ${refused.reason}`,
    provedOn: "tests",
    testsHash,
  };
}

import { type ProofState, proofState, voidSentence } from "../../promote/gate/proof-state.ts";
import type { ReplayProof } from "../../promote/records/records.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import {
  LONGEST_PROOF_AGE_DAYS,
  proofValidity,
  shapeHashOf,
  testsHashOf,
  type Validity,
} from "../../promote/run/proof-validity.ts";
import { proveStream } from "../../promote/run/prove.ts";
import { proveOnTests } from "../../promote/run/prove-on-tests.ts";
import type { ProofReport } from "../api/api.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { Repeating } from "../repeating.ts";
import type { Spoor } from "../spoor.ts";
import { neverStreams } from "./recorded-dataset.ts";
import type { RuleWeigher, Weighed } from "./rule-weigher.ts";

const TURN_MS = 60_000;
const FIRST_TURN_MS = 5_000;
/** A proof is repeated before its age voids it, so that no rule stops paging for that alone. */
const REPEAT_AFTER_DAYS = LONGEST_PROOF_AGE_DAYS * 0.9;
/** A replay that could not be made is tried again after this long. */
const RETRY_MS = 3_600_000;

/** What happens to a rule whose replay no longer gives what the batch gives. */
export type Demote = (name: string, reason: string) => Promise<void>;

/** Replay proofs: made, dated, voided by what has changed since, and repeated in the background. */
export class RuleProofs {
  readonly #spoor: Spoor;
  readonly #weigher: RuleWeigher;
  readonly #names: () => readonly string[];
  readonly #demote: Demote;
  readonly #hasGrant: (rule: Rule) => boolean;
  readonly #turns: Repeating;
  readonly #tried = new Map<string, { readonly key: string; readonly atMs: number }>();
  readonly #stopping = new AbortController();

  constructor(
    spoor: Spoor,
    weigher: RuleWeigher,
    names: () => readonly string[],
    demote: Demote,
    hasGrant: (rule: Rule) => boolean,
  ) {
    this.#spoor = spoor;
    this.#weigher = weigher;
    this.#names = names;
    this.#demote = demote;
    this.#hasGrant = hasGrant;
    this.#turns = new Repeating(
      TURN_MS,
      async () => {
        await this.proveAgain(this.#stopping.signal);
      },
      (error) => {
        if (!this.#stopping.signal.aborted) spoor.note(`proof: ${String((error as Error).stack ?? error)}`);
      },
    );
  }

  /** Repeats void proofs from now on. */
  start(): void {
    this.#turns.start(FIRST_TURN_MS);
  }

  async stop(): Promise<void> {
    const stopped = this.#turns.stop();
    this.#stopping.abort(new Error("Spoor stops."));
    await stopped;
  }

  /** The rule's newest proof, of whatever version. */
  newest(name: string, version: string): ReplayProof | undefined {
    const { store } = this.#spoor;
    const proved = store.report<{ readonly version: string }>(`proved:${name}`)?.report.version;
    return store.proof(name, version) ?? (proved === undefined ? undefined : store.proof(name, proved));
  }

  validity(weighed: Weighed): Validity {
    const { rule } = weighed.loaded;
    if (rule === null) return { state: "none", voidedBy: null, provedMs: null, ageDays: null };
    return proofValidity({
      rule,
      proof: this.newest(rule.name, rule.version),
      shapeHash: shapeHashOf(weighed.fields),
      testsHash: testsHashOf(weighed.loaded.files.tests),
      engineVersion: this.#spoor.engineVersion,
      nowMs: this.#spoor.clock(),
    });
  }

  /** How the rule's newest proof stands, as everything that shows it says it. */
  state(weighed: Weighed): ProofState {
    const { rule } = weighed.loaded;
    const proof = rule === null ? undefined : this.newest(rule.name, rule.version);
    return proofState(proof, this.validity(weighed));
  }

  /** Replays the history (the rule's tests, where it holds no detection) and puts the proof on record. A rule that pages and is refused stops paging at once. */
  async prove(weighed: Weighed, context: JobContext): Promise<ReplayProof> {
    const proof = await this.#replay(weighed, context);
    if (!proof.holds && this.#hasGrant(weighed.loaded.rule!))
      await this.#demote(proof.rule, `It was proved again, and the replay refused: ${proof.reason}`);
    else await this.#spoor.streams.rulesChanged();
    return proof;
  }

  async #replay(weighed: Weighed, context: JobContext): Promise<ReplayProof> {
    const rule = weighed.loaded.rule!;
    const { engine, engineVersion, clock, store } = this.#spoor;
    const over = await proveStream({
      rule,
      engine,
      datasets: this.#weigher.datasets(weighed.datasets),
      engineVersion,
      seed: 1,
      clock,
      signal: context.signal,
      onProgress: context.report,
    });
    const never = neverStreams(weighed.streamability);
    const made =
      over.nothingToProve === true && never === null
        ? await proveOnTests({
            rule,
            history: over,
            tests: weighed.loaded.files.tests,
            tested: this.#weigher.testedDatasets(weighed.datasets, rule),
            makeEngine: this.#weigher.makeTestEngine,
            streamability: weighed.streamability,
            clock,
            signal: context.signal,
          })
        : over;
    const proof: ReplayProof = {
      ...made,
      ...(never === null ? {} : { holds: false, reason: never, nothingToProve: false }),
      shapeHash: shapeHashOf(weighed.fields),
      allowedLatenessMs: rule.allowedLatenessMs,
    };
    store.transaction(() => {
      store.putProof(proof);
      store.putReport(`proved:${rule.name}`, proof.provedMs, { version: rule.version });
    });
    return proof;
  }

  /**
   * Proves every watching stream rule again whose proof is void or nearly too old. One that is refused stops paging, with
   * the reason told. Gives the rules that were proved.
   */
  async proveAgain(signal: AbortSignal): Promise<string[]> {
    const proved: string[] = [];
    for (const name of this.#names()) {
      signal.throwIfAborted();
      const weighed = await this.#weigher.weigh(name);
      const { rule } = weighed.loaded;
      if (rule === null || rule.run.mode !== "stream" || weighed.columns === null) continue;
      if (rule.stage !== "staged" && rule.stage !== "paging") continue;
      const { state, voidedBy, ageDays } = this.validity(weighed);
      if (state === "none" || (state === "valid" && (ageDays ?? 0) < REPEAT_AFTER_DAYS)) continue;
      if (!this.#mayTry(name, [rule.version, voidedBy, weighed.loaded.files.ruleYaml].join("#"))) continue;
      const why = voidedBy === null ? "the proof is nearly too old" : voidSentence(voidedBy);
      const proof = await this.#replay(weighed, { signal, report: () => undefined });
      this.#spoor.record("spoor", proof.holds ? "proved again" : "refused", `rule:${name}`, why);
      proved.push(name);
      if (!proof.holds && rule.stage === "paging")
        await this.#demote(
          name,
          `It was proved again because ${why}, and the replay refused: ${proof.reason}`,
        );
      else await this.#spoor.streams.rulesChanged();
    }
    return proved;
  }

  #mayTry(name: string, key: string): boolean {
    const nowMs = this.#spoor.clock();
    const tried = this.#tried.get(name);
    if (tried?.key === key && nowMs - tried.atMs < RETRY_MS) return false;
    this.#tried.set(name, { key, atMs: nowMs });
    return true;
  }
}

/** A proof as the API tells it; `standing` is how it stands now, without it how it was made. */
export function proofReport(proof: ReplayProof, standing = proofState(proof, null)): ProofReport {
  return {
    ...standing,
    provedOn: proof.provedOn ?? "history",
    holds: proof.holds,
    reason: proof.reason,
    proved: new Date(proof.provedMs).toISOString(),
    events: proof.eventCount,
    slices: proof.sliceCount,
    batchDetections: proof.batchDetectionCount,
    streamDetections: proof.streamDetectionCount,
    onlyBatch: proof.onlyBatch,
    onlyStream: proof.onlyStream,
    dataHash: proof.dataHash,
    engineVersion: proof.engineVersion,
  };
}

import { createHash } from "node:crypto";
import type { Stage } from "../../promote/records/records.ts";
import type { RuleFiles } from "../api/api.ts";
import type { LedgerRecordStore } from "../ledger/record-store.ts";
import { notFound } from "../refused.ts";
import { loadRule } from "./loaded-rule.ts";
import type { RuleVersionEntry } from "./rule-types.ts";

/** How many versions a list shows, the newest first. */
const SHOWN = 200;
/** Saves of one person within this time are one version. */
const JOINED_MS = 300_000;

interface Kept {
  readonly files: string;
  readonly version: string;
  readonly by: string;
  readonly stage: Stage | "";
  /** When the first of the saves was that this entry joins; absent from those of an earlier Spoor. */
  readonly firstMs?: number;
}

/** Hash of a rule's files, first 16 hex digits: the same files always have the same. */
export function filesHash(files: RuleFiles): string {
  const tests = Object.entries(files.tests).sort(([left], [right]) => (left < right ? -1 : 1));
  const parts = [
    files.ruleYaml,
    files.ruleSql,
    files.adsMarkdown,
    files.responseYaml,
    files.shapeYaml ?? null,
    files.sigmaYaml ?? null,
    tests,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** Every set of files that a rule has had, kept in the ledger by what they hold. */
export class RuleVersions {
  readonly #store: LedgerRecordStore;
  readonly #clock: () => number;
  /** Hash of the files that were kept last, by rule. */
  readonly #last = new Map<string, string>();
  #changes = 0;

  constructor(store: LedgerRecordStore, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Grows whenever files of any rule are seen that are not those seen last. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Keeps the files, unless they are the ones kept last. `by` is empty for files that were edited by other means. What one
   * person saves within a few minutes is one entry, the last content of it; what paged or ran stays an entry of its own.
   * Gives whether there is a new entry.
   */
  keep(name: string, files: RuleFiles, by: string): boolean {
    const hash = filesHash(files);
    const newest = this.#store.report<Kept>(listKey(name))?.report;
    const last = this.#last.get(name) ?? newest?.files;
    this.#last.set(name, hash);
    if (last === hash) return false;
    this.#changes += 1;
    const { rule } = loadRule(name, files, undefined);
    const nowMs = this.#clock();
    const version = rule?.version ?? "";
    const stage = rule?.stage ?? "";
    const joined = newest !== undefined && this.#joins(name, newest, { by, version, stage }, nowMs);
    this.#store.transaction(() => {
      if (this.#store.report(filesKey(name, hash)) === undefined)
        this.#store.putReport(filesKey(name, hash), nowMs, files);
      const firstMs = joined ? newest.firstMs! : nowMs;
      const kept: Kept = { files: hash, version, by, stage, firstMs };
      if (joined) this.#store.replaceReport(listKey(name), nowMs, kept);
      else this.#store.putReport(listKey(name), nowMs, kept);
    });
    return !joined;
  }

  /** Whether the next set of files takes the newest one's place in the list. */
  #joins(name: string, newest: Kept, next: Pick<Kept, "by" | "version" | "stage">, nowMs: number): boolean {
    if (next.by === "" || newest.by !== next.by || newest.firstMs === undefined) return false;
    if (nowMs - newest.firstMs > JOINED_MS || newest.stage === "paging") return false;
    // Texts around the same query: the version that ran stays in the list by its own hash.
    if (newest.version === next.version) return newest.stage === next.stage || newest.stage === "draft";
    return (newest.stage === "draft" || newest.stage === "") && !this.#hasRun(name, newest.version);
  }

  #hasRun(name: string, version: string): boolean {
    if (version === "") return false;
    const store = this.#store;
    return (
      store.report(`backtest:${name}:${version}`) !== undefined ||
      store.proof(name, version) !== undefined ||
      store.runs({ rule: name, limit: SHOWN }).some((run) => run.ruleVersion === version)
    );
  }

  /** Newest first. */
  list(name: string, present: RuleFiles | null): RuleVersionEntry[] {
    const current = present === null ? "" : filesHash(present);
    return this.#store
      .reports<Kept>(listKey(name), SHOWN)
      .map(({ atMs, report: { firstMs: _, ...report } }, at) => ({
        ...report,
        at: new Date(atMs).toISOString(),
        current: at === 0 && report.files === current,
      }));
  }

  /** The files of a version: by the hash of the files, or by the rule's version (the newest files that had it). Throws RefusedError(404). */
  files(name: string, version: string): RuleFiles {
    const hash = this.#store
      .reports<Kept>(listKey(name), SHOWN)
      .find(({ report }) => report.files === version || (version !== "" && report.version === version))
      ?.report.files;
    const found = this.#store.report<RuleFiles>(filesKey(name, hash ?? version));
    if (found === undefined) throw notFound(`Version ${version} of rule ${name}`);
    return found.report;
  }

  /** The version before the given one that last watched (staged or paging); null when none did. */
  watchedBefore(name: string, version: string): string | null {
    const found = this.#store
      .reports<Kept>(listKey(name), SHOWN)
      .find(
        ({ report }) =>
          report.version !== version &&
          report.version !== "" &&
          (report.stage === "staged" || report.stage === "paging"),
      );
    return found?.report.version ?? null;
  }
}

function listKey(name: string): string {
  return `rule-version:${name}`;
}

function filesKey(name: string, hash: string): string {
  return `rule-files:${name}:${hash}`;
}

import type { Issue } from "../../connectors/issue/issue.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import type { TimeRange } from "../../promote/run/detection.ts";
import type { RunSurroundings } from "../../promote/run/run-record.ts";
import type { LedgerDatasetRegistry } from "../ledger/dataset-registry.ts";

/** Health is looked at anew after this long: runs come by the second. */
const HEALTH_KEPT_MS = 10_000;
const SHOWN_ISSUES = 5;

/** What runs record of the place where they run: the lake's rows, the health of sources, the engine's price. */
export class WorkspaceSurroundings implements RunSurroundings {
  readonly #registry: LedgerDatasetRegistry;
  readonly #health: (source: string) => readonly Issue[];
  readonly #price: () => number | null;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly atMs: number; readonly told: readonly string[] }>();

  constructor(given: {
    readonly registry: LedgerDatasetRegistry;
    readonly health: (source: string) => readonly Issue[];
    readonly engineUsdPerHour: () => number | null;
    readonly clock: Clock;
  }) {
    this.#registry = given.registry;
    this.#health = given.health;
    this.#price = given.engineUsdPerHour;
    this.#clock = given.clock;
  }

  rowsIn = (name: string, range: TimeRange): number | null => {
    const dataset = this.#registry.get(name);
    if (dataset === undefined) return null;
    let rows = 0;
    for (const { minTimeUs, maxTimeUs, rowCount } of dataset.segments) {
      if (minTimeUs === null || maxTimeUs === null) continue;
      if (maxTimeUs > range.afterUs && minTimeUs <= range.untilUs) rows += rowCount;
    }
    return rows;
  };

  healthOf = (datasets: readonly string[]): readonly string[] => {
    const sources = new Set(datasets.flatMap((name) => this.#registry.get(name)?.source ?? []));
    return [...sources].flatMap((source) => this.#toldOf(source));
  };

  engineUsdPerHour = (): number | null => this.#price();

  #toldOf(source: string): readonly string[] {
    const nowMs = this.#clock();
    const known = this.#kept.get(source);
    if (known !== undefined && nowMs - known.atMs < HEALTH_KEPT_MS) return known.told;
    const told = this.#health(source)
      .slice(0, SHOWN_ISSUES)
      .map((issue) => `${source}: ${issue.message}`.slice(0, 300));
    this.#kept.set(source, { atMs: nowMs, told });
    return told;
  }
}

import type { Detection } from "../../promote/records/records.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { dataHashOf } from "../../promote/run/prove.ts";
import { evaluateHistory } from "../../promote/run/slice.ts";
import type { Spoor } from "../spoor.ts";
import { inputsHash } from "./evidence-store.ts";

const KEPT = 64;
/** Results with more detections than this are computed anew instead of held. */
const MOST_HELD = 50_000;

/** What comparisons of detections need of each. */
export type FoundDetection = Pick<Detection, "eventTimeUs" | "entities" | "rowsHash">;

/** What rules find over the whole history, computed once for a version and a state of the data. */
export class RuleHistory {
  readonly #spoor: Spoor;
  readonly #kept = new Map<string, readonly FoundDetection[]>();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** Hash of the data that the SQL reads, as it is now. */
  async dataHash(sql: string): Promise<string> {
    const names = await this.#spoor.engine.datasetsOf(sql);
    return dataHashOf(names.flatMap((name) => this.#spoor.registry.get(name) ?? []));
  }

  /** Throws QueryError as the query does. */
  async found(rule: Rule, signal: AbortSignal): Promise<readonly FoundDetection[]> {
    const key = `${inputsHash([rule.sql, rule.timeColumn, rule.entities])}:${await this.dataHash(rule.sql)}`;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const { engine, clock } = this.#spoor;
    const { detections } = await evaluateHistory(rule, engine, { clock, signal });
    const found = detections.map(({ eventTimeUs, entities, rowsHash }) => ({
      eventTimeUs,
      entities,
      rowsHash,
    }));
    if (found.length <= MOST_HELD) this.#kept.set(key, found);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return found;
  }
}

import type { Detection } from "../../promote/records/records.ts";
import { body, NO_LIMIT } from "./body.ts";
import { encodeJson } from "./encode.ts";
import type { Ledger } from "./ledger.ts";

/** The number of the next change: detections that came, changed or were withdrawn are told apart by it from those of before. */
const NEXT_CHANGE = "(select coalesce(max(changed), 0) + 1 from detection)";

/** Detections in the ledger. A base of the record store. */
export class LedgerDetectionRecords {
  protected readonly ledger: Ledger;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  transaction<T>(work: () => T): T {
    return this.ledger.transaction(work);
  }

  putDetections(detections: readonly Detection[]): {
    inserted: Detection[];
    updated: Detection[];
    unchanged: number;
  } {
    return this.transaction(() => {
      const inserted: Detection[] = [];
      const updated: Detection[] = [];
      let unchanged = 0;
      for (const detection of detections) {
        const known = this.detection(detection.id);
        if (known === undefined) {
          this.ledger.run(
            "detection",
            `insert into detection (id, rule, rule_version, event_time_us, stage, detected_ms, body, changed)
             values (?, ?, ?, ?, ?, ?, ?, ${NEXT_CHANGE})`,
            detection.id,
            detection.rule,
            detection.ruleVersion,
            detection.eventTimeUs,
            detection.stage,
            detection.detectedMs,
            encodeJson(detection),
          );
          inserted.push(detection);
        } else if (known.rowsHash !== detection.rowsHash || known.withdrawnMs !== undefined) {
          const merged: Detection = { ...detection, detectedMs: known.detectedMs, stage: known.stage };
          this.ledger.run(
            "detection",
            `update detection set body = ?, withdrawn_ms = null, changed = ${NEXT_CHANGE} where id = ?`,
            encodeJson(merged),
            detection.id,
          );
          updated.push(merged);
        } else unchanged += 1;
      }
      return { inserted, updated, unchanged };
    });
  }

  detections(filter: {
    rule?: string;
    ruleVersion?: string;
    afterUs?: bigint;
    untilUs?: bigint;
    limit?: number;
    withdrawn?: "only" | "too";
  }): Detection[] {
    return this.ledger
      .all(
        `select body from detection where (?1 is null or rule = ?1) and (?2 is null or rule_version = ?2)
           and (?3 is null or event_time_us > ?3) and (?4 is null or event_time_us <= ?4)
           and (?6 = 2 or (withdrawn_ms is not null) = ?6)
         order by event_time_us desc, id limit ?5`,
        filter.rule ?? null,
        filter.ruleVersion ?? null,
        filter.afterUs ?? null,
        filter.untilUs ?? null,
        filter.limit ?? NO_LIMIT,
        filter.withdrawn === undefined ? 0 : filter.withdrawn === "only" ? 1 : 2,
      )
      .map((row) => body<Detection>(row));
  }

  withdrawDetections(
    slice: { rule: string; ruleVersion: string; afterUs: bigint; untilUs: bigint },
    found: ReadonlySet<string>,
    withdrawnMs: number,
    reason: string,
  ): Detection[] {
    return this.transaction(() =>
      this.ledger
        .all(
          `select id from detection where rule = ? and rule_version = ? and event_time_us > ? and event_time_us <= ?
             and withdrawn_ms is null order by event_time_us, id`,
          slice.rule,
          slice.ruleVersion,
          slice.afterUs,
          slice.untilUs,
        )
        .flatMap((row) => {
          const id = String(row.id);
          if (found.has(id)) return [];
          const gone: Detection = { ...this.detection(id)!, withdrawnMs, withdrawnReason: reason };
          this.ledger.run(
            "detection",
            `update detection set body = ?, withdrawn_ms = ?, changed = ${NEXT_CHANGE} where id = ?`,
            encodeJson(gone),
            withdrawnMs,
            id,
          );
          return [gone];
        }),
    );
  }

  untoldWithdrawals(limit: number): Detection[] {
    return this.ledger
      .all(
        `select body from detection where cased = 1 and (withdrawn_ms is not null) <> told
         order by event_time_us, id limit ?`,
        limit,
      )
      .map((row) => body<Detection>(row));
  }

  putWithdrawalTold(id: string): void {
    this.ledger.run("detection", "update detection set told = (withdrawn_ms is not null) where id = ?", id);
  }

  detection(id: string): Detection | undefined {
    const row = this.ledger.get("select body from detection where id = ?", id);
    return row && body<Detection>(row);
  }

  uncasedDetections(limit: number): Detection[] {
    return this.ledger
      .all(
        `select body from detection where cased = 0 and stage = 'paging' and withdrawn_ms is null
         order by event_time_us, id limit ?`,
        limit,
      )
      .map((row) => body<Detection>(row));
  }

  /** Number of detections that stand by rule, all versions. */
  detectionCount(rule: string): number {
    const row = this.ledger.get(
      "select count(*) as n from detection where rule = ? and withdrawn_ms is null",
      rule,
    );
    return Number(row!.n);
  }

  /** Number of detections of the rule with an event time after `afterUs`, up to and including `untilUs`. */
  detectionCountBetween(rule: string, afterUs: bigint, untilUs: bigint): number {
    const row = this.ledger.get(
      `select count(*) as n from detection where rule = ? and event_time_us > ? and event_time_us <= ?
         and withdrawn_ms is null`,
      rule,
      afterUs,
      untilUs,
    );
    return Number(row!.n);
  }

  /** Names of the rules with detections that page and that no case holds yet. */
  uncasedRules(): string[] {
    return this.ledger
      .all(
        "select distinct rule from detection where cased = 0 and stage = 'paging' and withdrawn_ms is null order by rule",
      )
      .map((row) => String(row.rule));
  }

  /** Detections of the rule that no case holds yet reach nobody any more. Answers how many they were. */
  stopPaging(rule: string): number {
    return this.ledger.run(
      "detection",
      `update detection set stage = 'staged', body = json_set(body, '$.stage', 'staged')
       where rule = ? and cased = 0 and stage = 'paging' and withdrawn_ms is null`,
      rule,
    );
  }
}

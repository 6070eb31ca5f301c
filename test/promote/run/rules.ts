import { parseInstant } from "../../../connectors/time/instant.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { ruleVersion } from "../../../promote/rule/version.ts";

/** A rule for tests: streams over `events (host, kind, n)`, one entity. */
export function testRule(of: Partial<Rule> & { readonly sql: string }): Rule {
  const rule: Rule = {
    name: "test-rule",
    title: "Test rule",
    description: "",
    author: "author",
    owner: "platform",
    stage: "staged",
    timeColumn: "_time",
    entities: [{ column: "host", kind: "host" }],
    lookbackMs: 0,
    allowedLatenessMs: 60_000,
    run: { mode: "stream", sliceMs: 10_000 },
    techniques: [],
    severity: "medium",
    expectedPrecision: null,
    expectedAlertsPerWeek: null,
    from: null,
    version: "",
    ...of,
  };
  return { ...rule, version: ruleVersion(rule) };
}

export const START_US = parseInstant("2026-01-01T00:00:00Z")!;

export interface TestEvent {
  readonly second: number;
  readonly host: string;
  readonly kind: string;
  readonly n: number;
}

/** A SELECT of events for TestLake.add. */
export function eventsSelect(events: readonly TestEvent[]): string {
  const rows = events.map(({ second, host, kind, n }) => `(${second}, '${host}', '${kind}', ${n})`);
  return `SELECT TIMESTAMP '2026-01-01' + s * INTERVAL 1 SECOND AS _time, host, kind, CAST(n AS BIGINT) AS n
    FROM (VALUES ${rows.join(", ")}) AS t (s, host, kind, n)`;
}

/** Four hours of generated events of eight hosts, with bursts and quiet times, as SQL. */
export const GENERATED = `SELECT TIMESTAMP '2026-01-01' + CAST(i * 3 + hash(i) % 3 AS BIGINT) * INTERVAL 1 SECOND
    + CAST(hash(i, 1) % 1000000 AS BIGINT) * INTERVAL 1 MICROSECOND AS _time,
  'h' || (hash(i, 2) % 8) AS host,
  CASE WHEN hash(i, 3) % 25 = 0 THEN 'bad' WHEN hash(i, 3) % 25 < 5 THEN 'odd' ELSE 'good' END AS kind,
  CAST(hash(i, 4) % 1000 AS BIGINT) AS n
FROM range(4800) AS t (i)`;

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sigmaRule } from "../../../../promote/rule/sigma/draft.ts";
import { openLake } from "../../../connectors/load/lake.ts";
import { corpus } from "../../../corpora.ts";
import { corpusRules } from "./corpus-rules.ts";
import { openTables, sigmaDataset, sweep } from "./sweep.ts";

interface Expected {
  readonly rule: string;
  readonly rule_id: string;
  readonly json: string;
  readonly upstream_match_count: number | null;
  readonly measured_matching_event_indexes: readonly number[];
}
interface CrossMatch {
  readonly source_rule: string;
  readonly event: number;
  readonly matching_rules: readonly string[];
}

const sigma = corpus("sigma");
const skip = sigma === null && "the shared corpora are absent";
const read = <T>(name: string): T => JSON.parse(readFileSync(join(sigma!, name), "utf8")) as T;

test("all 98 regression rules match their events, as often as upstream says, and no others", {
  skip,
  timeout: 400_000,
}, async (t) => {
  const expected = read<Expected[]>("regression_expected.json");
  assert.equal(expected.length, 98);
  const lake = await openLake(t);
  const report = await lake.load(
    "evtx",
    expected.map(({ json }) => join(sigma!, json)),
  );
  assert.deepEqual([report.good, report.quarantined], [116, 0]);
  const datasets = lake.registry.list();
  await openTables(lake.session, datasets);

  const rules = new Map(corpusRules(sigma!, "rules*/**/*.yml").map((one) => [one.path, one.rule]));
  for (const { rule, json, upstream_match_count, measured_matching_event_indexes } of expected) {
    const draft = sigmaRule(rules.get(rule)!, datasets.map(sigmaDataset));
    assert.ok(draft.ok, `${rule}: ${JSON.stringify(draft.issues)}`);
    assert.ok(draft.value.entities.length > 0, rule);
    const found = await lake.session.rows(
      `SELECT count(*) FROM (${draft.value.sql.replaceAll("SELECT\n", "SELECT _file, ")}) WHERE ends_with(_file, $1)`,
      [json],
    );
    assert.ok(Number(found[0]![0]) >= (upstream_match_count ?? 1), rule);
    assert.equal(Number(found[0]![0]), measured_matching_event_indexes.length, rule);
  }

  // Upstream runs every rule of the folder over an event; here all rules of Windows, over all events.
  const byId = new Map(expected.map((one) => [one.rule_id, one]));
  const crosses = new Map<string, Set<string>>();
  for (const { source_rule, event, matching_rules } of read<CrossMatch[]>("derived_cross_matches.json"))
    crosses.set(`${byId.get(source_rule)!.json}#${event}`, new Set(matching_rules));
  const windows = [...rules.values()].filter((rule) => rule !== null && rule.logSource.product === "windows");
  const hits = await sweep(
    lake.session,
    windows.filter((rule) => rule !== null),
    datasets,
  );
  const found = new Map<string, Set<string>>();
  const lines = new Map<string, bigint[]>();
  for (const [file, line] of (await lake.session.rows(
    "SELECT _file, _line FROM evtx ORDER BY _file, _line",
  )) as [string, bigint][])
    lines.set(file, [...(lines.get(file) ?? []), line]);
  for (const { rule, file, line } of hits) {
    const key = `${file.slice(sigma!.length + 1)}#${lines.get(file)!.indexOf(line)}`;
    found.set(key, (found.get(key) ?? new Set()).add(rule.id));
  }
  const differences = [...new Set([...crosses.keys(), ...found.keys()])].flatMap((key) => {
    const [theirs, mine] = [crosses.get(key) ?? new Set(), found.get(key) ?? new Set()];
    return [
      ...[...theirs].filter((id) => !mine.has(id)).map((id) => `${key} only theirs ${id}`),
      ...[...mine].filter((id) => !theirs.has(id)).map((id) => `${key} only ours ${id}`),
    ];
  });
  t.diagnostic(`${hits.length} hits of ${windows.length} rules, ${differences.length} differences`);
  assert.deepEqual(differences, []);
});

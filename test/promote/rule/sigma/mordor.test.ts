import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLake } from "../../../connectors/load/lake.ts";
import { corpus } from "../../../corpora.ts";
import { corpusRules } from "./corpus-rules.ts";
import { type Difference, JUDGED } from "./judged-differences.ts";
import { openTables, sweep } from "./sweep.ts";

type Derived = Record<string, { readonly events: number; readonly hits: Record<string, number> }>;

const sigma = corpus("sigma");
const mordor = corpus("mordor");
const skip = (sigma === null || mordor === null) && "the shared corpora are absent";
/** All files take minutes; SPOOR_MORDOR_EVENTS=100000 asks for them. */
const MAXIMUM_EVENTS = Number(process.env.SPOOR_MORDOR_EVENTS ?? 1_250);

test("hits of all rules on Mordor are those of another evaluator, or each difference is judged", {
  skip,
  timeout: 600_000,
}, async (t) => {
  const derived = JSON.parse(readFileSync(join(sigma!, "derived_hits_on_mordor.json"), "utf8")) as Derived;
  const files = Object.keys(derived).filter((file) => derived[file]!.events <= MAXIMUM_EVENTS);
  const lake = await openLake(t);
  const archives = files.map((file) => join(mordor!, file.split("!")[0]!));
  // The sets of 2019 are laid out in another way (winlogbeat) than those of later years.
  const nested = archives.filter((path) => path.endsWith(".tar.gz"));
  const flat = archives.filter((path) => !nested.includes(path));
  if (nested.length > 0) await lake.load("nested", nested);
  await lake.load("flat", flat);
  const datasets = lake.registry.list();
  await openTables(lake.session, datasets);
  const rules = corpusRules(sigma!, "rules*/**/*.yml").flatMap(({ rule }) => rule ?? []);
  const hits = await sweep(lake.session, rules, datasets);

  const created = new Set<string>();
  for (const { name, columns } of datasets) {
    const has = (column: string): boolean => columns.some((one) => one.name === column);
    for (const id of ["EventID", "event_id"].filter(has)) {
      const rows = await lake.session.rows(`SELECT _file, _line FROM "${name}" WHERE "${id}" = 4688`);
      for (const [file, line] of rows) created.add(`${String(file)} ${String(line)}`);
    }
  }
  const ours = new Map<string, { count: number; fromSecurity: number }>();
  for (const { rule, file, line } of hits) {
    const key = `${file.slice(mordor!.length + 1)} ${rule.id}`;
    const { count, fromSecurity } = ours.get(key) ?? { count: 0, fromSecurity: 0 };
    ours.set(key, {
      count: count + 1,
      fromSecurity: fromSecurity + (created.has(`${file} ${line}`) ? 1 : 0),
    });
  }
  const theirs = new Map<string, number>(
    files.flatMap((file) =>
      Object.entries(derived[file]!.hits).map(([id, count]) => [`${file} ${id}`, count] as const),
    ),
  );
  const paths = new Map(rules.map((rule) => [rule.id, rule.place]));
  const unjudged: string[] = [];
  const judged = JUDGED.map(() => 0);
  for (const key of new Set<string>([...ours.keys(), ...theirs.keys()])) {
    const id = key.slice(key.lastIndexOf(" ") + 1);
    const { count, fromSecurity } = ours.get(key) ?? { count: 0, fromSecurity: 0 };
    const difference: Difference = {
      id,
      path: paths.get(id) ?? "",
      ours: count,
      theirs: theirs.get(key) ?? 0,
      oursFromSecurity: fromSecurity,
    };
    if (difference.ours === difference.theirs) continue;
    const judgement = JUDGED.findIndex(({ explains }) => explains(difference));
    if (judgement >= 0) judged[judgement]! += 1;
    else unjudged.push(`${key} ${difference.path}: theirs ${difference.theirs}, ours ${difference.ours}`);
  }
  t.diagnostic(
    `${files.length} files, ${rules.length} rules: ${ours.size} pairs of ours, ${theirs.size} of theirs, ${JSON.stringify(judged)} differences judged`,
  );
  assert.deepEqual(unjudged, []);
  assert.ok(ours.size > 50);
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLake } from "../../../connectors/load/lake.ts";
import { corpus } from "../../../corpora.ts";
import { corpusRules } from "./corpus-rules.ts";
import { JUDGED } from "./judged-differences.ts";
import { openTables, sweep } from "./sweep.ts";

type Derived = Record<string, { readonly events: number; readonly hits: Record<string, number> }>;

const sigma = corpus("sigma");
const mordor = corpus("mordor");
const skip = (sigma === null || mordor === null) && "the shared corpora are absent";
/** All 59 files take two minutes of processor time; SPOOR_MORDOR_EVENTS=100000 asks for them. */
const MAXIMUM_EVENTS = Number(process.env.SPOOR_MORDOR_EVENTS ?? 1_250);
/** Larger files that are read all the same: with them, each judgement speaks for at least one file. */
const ALWAYS = [
  "covenant_wmi_wbemcomn_dll_hijack_2020-10-09173318",
  "empire_invoke_runas_2019-05-18204300",
  "empire_wmic_add_user_backdoor_2020-09-14080546",
  "psh_disable_eventlog_service_startuptype_modification",
];

/** `psh_x` of `…/psh_x.zip!psh_x.json`. */
function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("!") + 1).replace(/\.json$/, "");
}

test("hits of all rules on Mordor are those of another evaluator, or each difference is judged", {
  skip,
  timeout: 600_000,
}, async (t) => {
  const derived = JSON.parse(readFileSync(join(sigma!, "derived_hits_on_mordor.json"), "utf8")) as Derived;
  const files = Object.keys(derived).filter(
    (file) => derived[file]!.events <= MAXIMUM_EVENTS || ALWAYS.includes(nameOf(file)),
  );
  assert.equal(new Set(files.map(nameOf)).size, files.length, "names of files are unique");
  const lake = await openLake(t);
  const archives = files.map((file) => join(mordor!, file.split("!")[0]!));
  // The sets of 2019 are laid out in another way (winlogbeat) than those of later years.
  const nested = archives.filter((path) => path.endsWith(".tar.gz"));
  const flat = archives.filter((path) => !nested.includes(path));
  await lake.load("nested", nested);
  await lake.load("flat", flat);
  const datasets = lake.registry.list();
  await openTables(lake.session, datasets);
  const events = new Map<string, bigint>();
  const created = new Set<string>();
  for (const { name, columns } of datasets) {
    for (const [file, count] of await lake.session.rows(
      `SELECT _file, count(*) FROM "${name}" GROUP BY _file`,
    ))
      events.set(nameOf(String(file)), count as bigint);
    const has = (column: string): boolean => columns.some((one) => one.name === column);
    for (const id of ["EventID", "event_id"].filter(has)) {
      const rows = await lake.session.rows(`SELECT _file, _line FROM "${name}" WHERE "${id}" = 4688`);
      for (const [file, line] of rows) created.add(`${nameOf(String(file))} ${String(line)}`);
    }
  }
  for (const file of files)
    assert.equal(events.get(nameOf(file)), BigInt(derived[file]!.events), `${file}: every event is read`);

  const rules = corpusRules(sigma!, "rules*/**/*.yml").flatMap(({ rule }) => rule ?? []);
  const ours = new Map<string, { count: number; fromSecurity: number }>();
  for (const { rule, file, line } of await sweep(lake.session, rules, datasets)) {
    const key = `${rule.place} ${nameOf(file)}`;
    const { count, fromSecurity } = ours.get(key) ?? { count: 0, fromSecurity: 0 };
    ours.set(key, {
      count: count + 1,
      fromSecurity: fromSecurity + (created.has(`${nameOf(file)} ${line}`) ? 1 : 0),
    });
  }
  const pathOf = new Map(rules.map((rule) => [rule.id, rule.place]));
  const theirs = new Map<string, number>(
    files.flatMap((file) =>
      Object.entries(derived[file]!.hits).map(
        ([id, count]) => [`${pathOf.get(id) ?? id} ${nameOf(file)}`, count] as const,
      ),
    ),
  );

  const judged = new Map<string, string>();
  const differ = (key: string, [one, other]: readonly [number, number]): string =>
    `${key}: ours ${one}, theirs ${other}`;
  for (const { reason, unnamed, moreIsSecurity, differences } of JUDGED) {
    let met = 0;
    for (const [path, byFile] of Object.entries(differences)) {
      if (unnamed) assert.ok(path.includes(unnamed), `${path}: ${reason}`);
      for (const [file, counts] of Object.entries(byFile)) {
        if (!events.has(file)) continue;
        const key = `${path} ${file}`;
        met += 1;
        judged.set(key, differ(key, counts));
        if (moreIsSecurity) assert.equal(ours.get(key)?.fromSecurity, counts[0] - counts[1], key);
      }
    }
    assert.ok(met > 0, `no file that was read shows: ${reason}`);
    const named = Object.values(derived).flatMap(({ hits }) => Object.keys(hits));
    if (unnamed)
      assert.deepEqual(
        named.filter((id) => pathOf.get(id)?.includes(unnamed)),
        [],
        reason,
      );
  }
  const found = new Map<string, string>();
  for (const key of new Set<string>([...ours.keys(), ...theirs.keys()])) {
    const counts = [ours.get(key)?.count ?? 0, theirs.get(key) ?? 0] as const;
    if (counts[0] !== counts[1]) found.set(key, differ(key, counts));
  }
  t.diagnostic(
    `${files.length} files, ${rules.length} rules: ${ours.size} pairs of ours, ${theirs.size} of theirs, ${found.size} differences`,
  );
  const lines = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] =>
    [...one.values()].filter((line) => ![...other.values()].includes(line)).sort();
  assert.deepEqual(lines(found, judged), [], "differences that nobody judged");
  assert.deepEqual(lines(judged, found), [], "judged differences that are none any more");
  assert.ok(ours.size > 50);
});

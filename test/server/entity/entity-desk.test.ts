import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { encodeEntityValue } from "../../../notebooks/entity/entity-path.ts";
import type {
  Annotation,
  EntityEvents,
  EntityNeighbours,
  EntityProfile,
  EntityProfilePart,
} from "../../../notebooks/entity/entity-profile.ts";
import type { CatalogEntry, QueryJson } from "../../../server/api/api.ts";
import { type EntityWorkspace, openEntityWorkspace, sourceYaml } from "./entity-workspace.ts";

const T0 = Date.UTC(2026, 10, 20, 10);
const at = (minute: number) => new Date(T0 + minute * 60_000).toISOString();
const HOSTILE = `x' OR 1=1 -- "%_\n\\${"`"}\${1}</script><img src=x onerror=alert(1)> ünï日本`;
const SHA256 = "02649675aeefec9064af438375ae7c9ce6828ee16e48a2614f2ab1a10def825d";

let workspace: EntityWorkspace;
let nowMs = T0 + 3_600_000;

before(async () => {
  workspace = await openEntityWorkspace(() => nowMs);
  const hosts = ["APP03.lantern.example", "app03", "DB01.lantern.example", "APP033.lantern.example"];
  await workspace.load(
    "endpoint",
    sourceYaml(
      "endpoint",
      "time",
      "host Hostname",
      "user event_data.User",
      "process Guid",
      "file Image",
      "hash Hashes",
    ),
    Array.from({ length: 400 }, (_, index) => ({
      time: at(index),
      Hostname: hosts[index % 4],
      Guid: `{af0e08bb-08ab-b5b7-2e08-${String(index % 5).padStart(12, "0")}}`,
      Image: index % 4 === 2 ? "C:\\Windows\\System32\\PowerShell.exe" : "C:\\Windows\\explorer.exe",
      Hashes: `SHA1=0DC1F892542593592244C08E209D8D578D88C032,SHA256=${index % 100 === 0 ? SHA256.toUpperCase() : "1".repeat(64)}`,
      event_data: {
        User: index % 2 === 0 ? "LANTERN\\anna" : "NT AUTHORITY\\SYSTEM",
        Note: index === 7 ? HOSTILE : "",
      },
    })),
  );
  await workspace.load(
    "signin",
    sourceYaml("signin", "published", "user actor.mail", "ip client.address"),
    Array.from({ length: 60 }, (_, index) => ({
      published: at(index * 3),
      actor: { mail: index % 2 === 0 ? "Anna@lantern.example" : "bob@lantern.example" },
      client: { address: index === 5 ? "2001:db8::FF" : "203.0.113.77" },
      target: [
        { alternateId: "payroll@lantern.example" },
        { alternateId: index === 9 ? "anna@lantern.example" : "x" },
      ],
    })),
  );
  await workspace.load(
    "net",
    sourceYaml("net", "ts", "ip id.orig_h", "ip id.resp_h", "domain query"),
    Array.from({ length: 200 }, (_, index) => ({
      ts: at(index),
      "id.orig_h": `10.0.0.${index % 7}`,
      "id.resp_h": index % 50 === 0 ? "203.0.113.77" : "198.51.100.9",
      query: index % 10 === 0 ? "Updates.Lantern.example" : "notlantern.example",
      odd: index === 3 ? HOSTILE : "usual",
    })),
  );
  await workspace.load("plain", sourceYaml("plain", "when"), [
    { when: at(1), user_name: HOSTILE, text: "nothing declared" },
    { when: "never", user_name: HOSTILE },
  ]);
});

after(() => workspace?.close());

function path(kind: string, value: string, part = ""): string {
  return `/api/entities/${kind}/${encodeEntityValue(value)}${part}`;
}

function counts(profile: EntityProfile): Record<string, number> {
  return Object.fromEntries(
    profile.lanes.filter(({ count }) => count > 0).map(({ dataset, count }) => [dataset, count]),
  );
}

async function truth(sql: string): Promise<number> {
  const { rows } = await workspace.spoor.engine.rows({ sql });
  return Number(rows[0]!.n);
}

test("a host is found with and without its domain, in any case, and no other host with it", async () => {
  const short = await workspace.json<EntityProfile>(path("host", "APP03"));
  assert.deepEqual(counts(short), { endpoint: 200 });
  const whole = await workspace.json<EntityProfile>(path("host", "App03.Lantern.example"));
  assert.deepEqual(counts(whole), { endpoint: 200 });
  const lane = whole.lanes.find(({ dataset }) => dataset === "endpoint")!;
  assert.equal(
    lane.rate.reduce((sum, [, count]) => sum + count, 0),
    200,
  );
  assert.equal(lane.timesMs?.length, 200);
  assert.equal(lane.first, at(0).replace("000Z", "000000Z"));
  assert.equal(lane.last, at(397).replace("000Z", "000000Z"));
  assert.ok(whole.bucketMs > 0 && lane.rate.length <= 240);
});

test("a user is one account over datasets: nested, in lists, with domain, as mail", async () => {
  const profile = await workspace.json<EntityProfile>(path("user", "LANTERN\\anna"));
  assert.deepEqual(counts(profile), { endpoint: 200, signin: 31 });
  const other = await workspace.json<EntityProfile>(path("user", "anna@lantern.example"));
  assert.deepEqual(counts(other), { endpoint: 200, signin: 31 });
  const system = await workspace.json<EntityProfile>(path("user", "NT AUTHORITY\\SYSTEM"));
  assert.deepEqual(counts(system), { endpoint: 200 });
  assert.deepEqual(counts(await workspace.json(path("user", "ann"))), {});
});

test("addresses, digests, domains with subdomains, files by name and processes by id are found", async () => {
  assert.deepEqual(counts(await workspace.json(path("ip", "203.0.113.77"))), { signin: 59, net: 4 });
  assert.deepEqual(counts(await workspace.json(path("ip", "2001:DB8::ff"))), { signin: 1 });
  assert.deepEqual(counts(await workspace.json(path("hash", SHA256))), { endpoint: 4 });
  assert.deepEqual(counts(await workspace.json(path("domain", "lantern.example"))), { net: 20 });
  assert.deepEqual(counts(await workspace.json(path("file", "powershell.exe"))), { endpoint: 100 });
  assert.deepEqual(counts(await workspace.json(path("file", "c:\\windows\\EXPLORER.exe"))), {
    endpoint: 300,
  });
  assert.deepEqual(counts(await workspace.json(path("process", "AF0E08BB-08AB-B5B7-2E08-000000000003"))), {
    endpoint: 80,
  });
});

test("a range bounds counts, rates, neighbours and events alike, both ends included", async () => {
  const range = `?from=${at(10)}&until=${at(20)}`;
  const wanted = await truth(
    `SELECT count(*) AS n FROM net WHERE "id.orig_h" = '10.0.0.3' AND _time BETWEEN TIMESTAMP '${at(10)}' AND TIMESTAMP '${at(20)}'`,
  );
  assert.ok(wanted > 0);
  const profile = await workspace.json<EntityProfile>(path("ip", "10.0.0.3") + range);
  assert.deepEqual(counts(profile), { net: wanted });
  assert.ok(profile.bounded);
  const events = await workspace.json<EntityEvents>(path("ip", "10.0.0.3", "/events") + range);
  assert.equal(events.events.length, wanted);
  const { neighbours } = await workspace.json<EntityNeighbours>(
    path("ip", "10.0.0.3", "/neighbours") + range,
  );
  assert.equal(
    neighbours.filter(({ kind }) => kind === "ip").reduce((sum, { count }) => sum + count, 0),
    wanted,
  );
});

test("neighbours come with counts, first and last seen, and how many others have them", async () => {
  const { neighbours, spellings, complete } = await workspace.json<EntityNeighbours>(
    path("ip", "203.0.113.77", "/neighbours"),
  );
  assert.ok(complete);
  assert.deepEqual(spellings, [{ value: "203.0.113.77", count: 63 }]);
  const anna = neighbours.find(({ value }) => value.toLowerCase() === "anna@lantern.example")!;
  assert.equal(anna.kind, "user");
  assert.equal(anna.sharedBy, 1);
  const resolver = neighbours.find(({ kind, value }) => kind === "ip" && value === "10.0.0.0");
  assert.equal(resolver?.count, 1);
  assert.ok(!neighbours.some(({ value }) => value === "203.0.113.77"));
  const host = await workspace.json<EntityNeighbours>(path("host", "app03", "/neighbours"));
  assert.deepEqual(host.spellings.map(({ value }) => value).toSorted(), ["APP03.lantern.example", "app03"]);
  const digest = host.neighbours.find(({ kind, value }) => kind === "hash" && value === SHA256)!;
  assert.equal(digest.count, 4);
});

test("pages of events join without a gap or a repeat, in both directions, over all datasets", async () => {
  for (const order of ["newest", "oldest"]) {
    const seen: { time: string; dataset: string; place: string }[] = [];
    let after: string | null = "";
    while (after !== null) {
      const page: EntityEvents = await workspace.json<EntityEvents>(
        `${path("user", "anna", "/events")}?order=${order}&limit=17&after=${after}`,
      );
      seen.push(...page.events);
      after = page.next;
      assert.ok(page.events.every(({ summary }) => summary.length > 0 && summary.length <= 240));
    }
    assert.equal(seen.length, 231);
    assert.equal(new Set(seen.map(({ dataset, place }) => `${dataset} ${place}`)).size, 231);
    const times = seen.map(({ time }) => time);
    assert.deepEqual(times, order === "oldest" ? times.toSorted() : times.toSorted().reverse());
  }
});

test("hostile values are asked as they are and change nothing else", async () => {
  const profile = await workspace.json<EntityProfile>(path("user", HOSTILE));
  assert.equal(profile.value, HOSTILE);
  assert.deepEqual(counts(profile), { plain: 2 });
  const lane = profile.lanes.find(({ dataset }) => dataset === "plain")!;
  assert.equal(lane.untimedCount, 1);
  assert.deepEqual(lane.fields, [{ path: "user_name", declared: false }]);
  const events = await workspace.json<EntityEvents>(path("user", HOSTILE, "/events"));
  assert.equal(events.events[0]!.row.user_name, HOSTILE);
  for (const value of ["'", "%", "..", ".", "~", "a/b", "\\", "$entity_1", "x".repeat(2048)]) {
    const found = await workspace.json<EntityProfile>(path("file", value));
    assert.equal(found.value, value);
    assert.ok(found.lanes.every(({ failure }) => failure === null));
  }
});

test("a text is looked for in every field of the events, in any case, as it is", async () => {
  const find = async (text: string) =>
    (
      await workspace.json<EntityEvents>(
        `${path("host", "app03", "/events")}?limit=500&find=${encodeURIComponent(text)}`,
      )
    ).events.length;
  assert.equal(await find("ANNA"), 100);
  assert.equal(await find("%"), 0);
  assert.equal(await find("'"), 0);
  assert.equal(await find("explorer"), 200);
});

test("what is no entity is refused with a remedy", async () => {
  for (const bad of [
    "/api/entities/planet/mars",
    path("host", "y".repeat(3000)),
    `${path("host", "a")}?from=yesterday`,
    `${path("host", "a")}?from=${at(5)}&until=${at(1)}`,
    `${path("host", "a", "/events")}?after=bm9uc2Vuc2U`,
  ]) {
    const response = await workspace.request(bad);
    assert.equal(response.status, 400, bad);
  }
});

test("the profile streams part by part and says its end", async () => {
  const response = await workspace.request(path("host", "app03"), {
    headers: { accept: "application/x-ndjson" },
  });
  const parts = (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EntityProfilePart);
  assert.equal(parts[0]!.part, "head");
  assert.equal(parts.at(-1)!.part, "end");
  const head = parts[0] as Extract<EntityProfilePart, { part: "head" }>;
  assert.deepEqual(
    parts.flatMap((part) => (part.part === "lane" ? [part.lane.dataset] : [])).toSorted(),
    head.head.asked.toSorted(),
  );
});

test("a stopped request stops its queries, those that wait too", async () => {
  const abort = new AbortController();
  const asked = { kind: "host", value: "app03", range: null, signal: abort.signal, id: "stopped" } as const;
  const many = Array.from({ length: 12 }, (_, index) =>
    workspace.spoor.entities.neighbours({ ...asked, id: `stopped-${index}` }),
  );
  const ends = Promise.allSettled(many);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(workspace.spoor.huntEngine.running().length <= 4);
  abort.abort();
  assert.ok((await ends).some(({ status }) => status === "rejected"));
  await assert.rejects(workspace.spoor.entities.profile(asked));
  assert.deepEqual(
    workspace.spoor.huntEngine.running().filter(({ id }) => id.startsWith("stopped")),
    [],
  );
  const after = await workspace.json<EntityProfile>(path("host", "app03"));
  assert.deepEqual(counts(after), { endpoint: 200 }, "the slots came back");
});

test("detections and alerts of an entity are told, with the rules that name it", async () => {
  const { store } = workspace.spoor;
  store.putDetections([
    {
      id: "d1",
      rule: "odd-logon",
      ruleVersion: "1",
      eventTimeUs: BigInt(T0 + 60_000) * 1000n,
      entities: { host: "APP03.LANTERN.example", who: "anna" },
      rows: [],
      rowsHash: "x",
      mode: "batch",
      late: false,
      stage: "paging",
      detectedMs: T0 + 61_000,
    },
  ]);
  store.putCase({
    id: "c1",
    title: "t",
    detectionIds: ["d1"],
    entities: { host: "APP03.LANTERN.example" },
    openedMs: T0 + 62_000,
  });
  store.putAlert({
    id: "a1",
    caseId: "c1",
    rule: "odd-logon",
    ruleVersion: "1",
    owner: "platform",
    sentence: "Somebody logged on oddly.",
    state: "open",
    openedMs: T0 + 62_000,
    decidedMs: null,
  });
  const profile = await workspace.json<EntityProfile>(path("host", "app03"));
  assert.deepEqual(
    profile.detections.map(({ rule }) => rule),
    ["odd-logon"],
  );
  assert.equal(profile.risk.openAlerts, 1);
  assert.deepEqual(
    profile.risk.rules.map(({ rule, detections }) => [rule, detections]),
    [["odd-logon", 1]],
  );
  assert.equal(counts(profile).detections, 1);
  assert.equal(counts(profile).alerts, 1);
  const events = await workspace.json<EntityEvents>(`${path("host", "app03", "/events")}?dataset=alerts`);
  assert.match(events.events[0]!.summary, /Somebody logged on oddly/);
  assert.deepEqual(counts(await workspace.json(path("host", "db01"))), { endpoint: 100 });
});

test("the owner comes from owners.yaml", async () => {
  mkdirSync(workspace.spoor.layout.root, { recursive: true });
  writeFileSync(
    join(workspace.spoor.layout.root, "owners.yaml"),
    "owners:\n  - { name: platform, title: Platform, onCall: [anna], systems: [], channels: [] }\nsystems:\n  - { name: apps, title: Application servers, owner: platform, hosts: [APP03] }\n",
  );
  const host = await workspace.json<EntityProfile>(path("host", "app03.lantern.example"));
  assert.deepEqual(host.owner, {
    owner: "platform",
    title: "Platform",
    onCall: ["anna"],
    because: "Application servers",
  });
  const user = await workspace.json<EntityProfile>(path("user", "LANTERN\\Anna"));
  assert.equal(user.owner?.because, "on call for Platform");
  assert.equal((await workspace.json<EntityProfile>(path("ip", "203.0.113.77"))).owner, null);
});

test("a note is kept, shown on every spelling, joined in SQL, recorded, and stays as history when taken back", async () => {
  const post = (body: object) =>
    workspace.request("/api/annotations", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  const made = await post({ kind: "host", value: "APP03", at: at(5), until: at(9), note: ` ${HOSTILE} ` });
  assert.equal(made.status, 200);
  const note = (await made.json()) as Annotation;
  assert.equal(note.note, HOSTILE.trim());
  for (const spelling of ["app03", "APP03.lantern.example"]) {
    const { annotations } = await workspace.json<EntityProfile>(path("host", spelling));
    assert.deepEqual(
      annotations.map(({ id }) => id),
      [note.id],
    );
  }
  const catalog = await workspace.json<readonly CatalogEntry[]>("/api/catalog");
  assert.equal(catalog.find(({ name }) => name === "annotations")?.rowCount, 1);
  const joined = await workspace.json<QueryJson>("/api/query", {
    method: "POST",
    body: JSON.stringify({
      format: "json",
      sql: `SELECT count(*) AS n FROM endpoint e JOIN annotations a ON a.kind = 'host' AND starts_with(lower(e.Hostname), lower(a.value) || '.') AND e._time BETWEEN a._time AND a.until`,
    }),
  });
  assert.equal(Number(joined.rows[0]!.n), 1);
  nowMs += 60_000;
  const gone = await workspace.request(`/api/annotations/${note.id}`, { method: "DELETE" });
  assert.equal(gone.status, 200);
  assert.equal((await workspace.request(`/api/annotations/${note.id}`, { method: "DELETE" })).status, 404);
  const kept = await workspace.json<readonly Annotation[]>(
    "/api/annotations?kind=host&value=app03&deleted=1",
  );
  assert.equal(kept[0]!.note, HOSTILE.trim());
  assert.equal(kept[0]!.deleted?.at, new Date(nowMs).toISOString().replace("Z", "000Z"));
  assert.deepEqual(await workspace.json("/api/annotations?kind=host&value=app03"), []);
  const verbs = workspace.spoor.store.activities({ limit: 5 }).map(({ verb }) => verb);
  assert.ok(verbs.includes("annotated") && verbs.includes("took back a note on"));
  for (const bad of [
    { kind: "host", value: "a", at: at(1), note: "  " },
    { kind: "host", value: "a", at: "soon", note: "x" },
    { kind: "host", value: "a", at: at(5), until: at(1), note: "x" },
    { kind: "rock", value: "a", at: at(5), note: "x" },
    { kind: "host", value: "a", at: at(5), note: "x".repeat(4001) },
  ])
    assert.equal((await post(bad)).status, 400);
});

test("events that hold a text are whole where thousands without it lie between them", async () => {
  await workspace.load(
    "busy",
    sourceYaml("busy", "time", "host Hostname"),
    Array.from({ length: 6000 }, (_, index) => ({
      time: new Date(T0 + index * 1000).toISOString(),
      Hostname: "busy01",
      text: index === 0 || index === 5999 ? "needle" : "hay",
    })),
  );
  const { events, failures } = await workspace.json<EntityEvents>(
    `${path("host", "busy01", "/events")}?limit=500&find=needle`,
  );
  assert.equal(events.length, 2);
  assert.deepEqual(failures, []);
});

test("all detections and open alerts are counted, beyond the newest that are listed", async () => {
  const { store } = workspace.spoor;
  const numbers = Array.from({ length: 620 }, (_, index) => index);
  store.putDetections(
    numbers.map((index) => ({
      id: `many-${index}`,
      rule: index < 20 ? "early" : "later",
      ruleVersion: "1",
      eventTimeUs: BigInt(T0 + index * 1000) * 1000n,
      entities: { host: "busy02" },
      rows: [],
      rowsHash: `many-${index}`,
      mode: "batch" as const,
      late: false,
      stage: "paging" as const,
      detectedMs: T0 + index * 1000,
    })),
  );
  const { detections, risk } = await workspace.json<EntityProfile>(path("host", "busy02"));
  assert.equal(detections.length, 500);
  assert.equal(risk.detections, 620);
  assert.deepEqual(
    risk.rules.map((rule) => [rule.rule, rule.detections]),
    [
      ["later", 600],
      ["early", 20],
    ],
  );
  assert.equal(risk.rules[0]!.last, detections[0]!.time);
});

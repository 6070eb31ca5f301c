import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { getDomain, getPublicSuffix } from "tldts";
import { hunt } from "../../../notebooks/function/hunt.ts";
import { publicSuffixRules } from "../../../notebooks/function/public-suffix-rules.ts";
import { HUNT_FUNCTIONS, javascriptName } from "../../../notebooks/function/registry.ts";
import { TestLake } from "../engine/test-lake.ts";

const lake = new TestLake();
before(async () => {
  await lake.add(
    "rarity",
    `SELECT * FROM (VALUES (TIMESTAMP '2026-01-01', 'aGk=', 'evil.co.uk'), (TIMESTAMP '2026-01-02', 'aGk=', 'b.example'))
      AS given(_time, "refang", "__text")`,
  );
  await lake.add("twins", "SELECT 'evil.com' AS \"Host\", 'b.org' AS \"HOST_2\"", { HOST_2: "HOST" });
});
after(() => lake.close());

type Call = (...parameters: unknown[]) => unknown;
const inJavaScript = (name: string): Call => (hunt as unknown as Record<string, Call>)[javascriptName(name)]!;

function plain(value: unknown): unknown {
  const json = JSON.stringify(value ?? null, (_, part) => (typeof part === "bigint" ? String(part) : part));
  return JSON.parse(json);
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left === "number" && typeof right === "number") return Math.abs(left - right) < 1e-9;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, at) => isSame(item, right[at]));
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Answers of `expression` (over columns a, b, …) for every input, in order, as JSON. */
async function inSql(expression: string, types: readonly string[], inputs: readonly (readonly unknown[])[]) {
  const columns = types.map((type, at) => `(entry->>'$[${at}]')::${type} AS ${"abcd"[at]}`).join(", ");
  const { rows } = await lake.engine.rows({
    sql: `SELECT n, to_json(${expression})::VARCHAR AS answer FROM (
        SELECT n, ${columns} FROM (SELECT unnest(from_json($inputs, '["JSON"]')) AS entry, generate_subscripts(from_json($inputs, '["JSON"]'), 1) AS n)
      ) ORDER BY n`,
    parameters: { inputs: JSON.stringify(inputs) },
  });
  return rows.map(({ answer }) => (answer === null ? null : JSON.parse(String(answer))));
}

const PIECES = [
  "http://",
  "hxxps://",
  "evil.com",
  "co.uk",
  "a",
  "www.",
  "ck",
  ".",
  "..",
  "[.]",
  "(dot)",
  "@",
  "[at]",
  "10.0.0.1",
  "::1",
  "fe80::",
  "2001:db8::1",
  "256.1.1.1",
  "/",
  ":",
  "/24",
  "\\",
  "C:\\Users\\bob\\x.EXE",
  "-enc ",
  "powershell",
  "%41",
  "%C3%A9",
  "%zz",
  "%ff",
  "aGk=",
  "AAAA",
  "=",
  "0x41",
  "4142",
  " ",
  "\n",
  '"',
  "'",
  "d41d8cd98f00b204e9800998ecf8427e",
  "CVE-2021-44228",
  "é",
  "公司.cn",
  "😀",
  "users",
  "12345",
  "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
  "rn",
  "paypa1",
  "::ffff:1.2.3.4",
  "[",
  "]",
  "%eth0",
  "#",
  "?",
  "kawasaki.jp",
  "city.kawasaki.jp",
  "github.io",
  "^",
  "`",
  "12:30:45",
  "_",
  "xn--p1ai",
  "UPPER",
  "\t",
];
const bytes = fc.uint8Array({ maxLength: 12 });
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((parts) => parts.join("")),
  },
  bytes.map((some) => Buffer.from(some).toString("base64")),
  fc.string({ unit: "binary", maxLength: 12 }).map((some) => Buffer.from(some, "utf16le").toString("base64")),
  bytes.map((some) => `p -e ${Buffer.from(some).toString("base64")}`),
  bytes.map((some) => Buffer.from(some).toString("hex")),
  bytes.map((some) => [...some].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")),
  fc.ipV4(),
  fc.ipV6(),
  fc.webUrl(),
  fc.domain(),
  fc.constant(null),
);
const cidr = fc.oneof(
  text,
  fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 130 }))
    .map(([ip, size]) => `${ip}/${size}`),
);
const label = fc.constantFrom(
  "paypal",
  "paypa1",
  "rnicrosoft",
  "microsoft",
  "micros0ft",
  "go-paypal",
  "ibm",
  "ibn",
  "googel",
  "google",
);
const host = fc.oneof(
  fc.tuple(label, fc.constantFrom(".com", ".co.uk", "")).map((parts) => parts.join("")),
  fc.domain(),
);

/** SQL types of the arguments and what makes them; text alone when absent. */
const ARGUMENTS: Readonly<Record<string, readonly (readonly [string, fc.Arbitrary<unknown>])[]>> = {
  cidr_match: [
    ["VARCHAR", text],
    ["VARCHAR", cidr],
  ],
  cidr_first: [["VARCHAR", cidr]],
  cidr_last: [["VARCHAR", cidr]],
  edit_similarity: [
    ["VARCHAR", text],
    ["VARCHAR", text],
  ],
  ip_in_lookup: [
    ["VARCHAR", fc.ipV4()],
    [
      "STRUCT(cidr VARCHAR, label VARCHAR)[]",
      fc.array(
        fc.record({
          cidr: fc.oneof(cidr, fc.constantFrom("0.0.0.0/0", "128.0.0.0/1")),
          label: fc.constantFrom("lab", "office", "vpn"),
        }),
        { maxLength: 6 },
      ),
    ],
  ],
  lookalike_domain: [
    ["VARCHAR", host],
    ["VARCHAR[]", fc.array(host, { maxLength: 4 })],
  ],
  beacon_score: [
    [
      "TIMESTAMP[]",
      fc.array(
        fc
          .oneof(
            fc.integer({ min: 0, max: 5000 }),
            fc.integer({ min: 0, max: 90 }).map((beat) => beat * 60),
          )
          .map((second) => new Date(1_700_000_000_000 + second * 1000).toISOString()),
        { maxLength: 40 },
      ),
    ],
  ],
};
const argumentsOf = (name: string) =>
  ARGUMENTS[name] ?? (name === "beacon_interval" ? ARGUMENTS.beacon_score! : [["VARCHAR", text] as const]);

test("every example gives what its documentation says, in SQL and in JavaScript", async () => {
  for (const { name, example, result, kind } of HUNT_FUNCTIONS) {
    assert.equal(typeof inJavaScript(name), "function", name);
    if (kind === "scalar") {
      const { rows } = await lake.engine.rows({ sql: `SELECT (${example})::VARCHAR AS answer` });
      assert.equal(rows[0]!.answer, result, name);
    }
  }
  const { rows } = await lake.engine.rows({ sql: "FROM indicators('evil.com, CVE-2021-44228')" });
  assert.deepEqual(rows, [
    { kind: "cve", value: "CVE-2021-44228" },
    { kind: "domain", value: "evil.com" },
  ]);
});

for (const { name, kind } of HUNT_FUNCTIONS) {
  if (kind !== "scalar") continue;
  test(`${name} gives in JavaScript what it gives in SQL, and no input makes it fail`, async () => {
    const given = argumentsOf(name);
    const inputs = fc.sample(fc.tuple(...given.map(([, arbitrary]) => arbitrary)), { numRuns: 600, seed: 7 });
    const letters = given.map((_, at) => "abcd"[at]).join(", ");
    const call = `${name}(${letters})`;
    const wide = /number|cidr_first|cidr_last/.test(name);
    const answers = await inSql(
      wide ? `${call}::VARCHAR` : call,
      given.map(([type]) => type),
      inputs,
    );
    let told = 0;
    inputs.forEach((input, at) => {
      const expected = plain(inJavaScript(name)(...input));
      assert.ok(
        isSame(answers[at], expected),
        `${name}(${JSON.stringify(input)}): SQL ${JSON.stringify(answers[at])}, JavaScript ${JSON.stringify(expected)}`,
      );
      if (answers[at] !== null) told += 1;
    });
    assert.ok(told > 5, `${name}: only ${told} inputs had an answer`);
  });
}

test("functions over all rows give in JavaScript what they give in SQL", async () => {
  const columns = fc.sample(
    fc.array(
      fc.tuple(
        fc.constantFrom("a", "b", "c", null),
        fc.constantFrom("x", "y"),
        fc.integer({ min: 1, max: 9 }),
      ),
      {
        minLength: 1,
        maxLength: 30,
      },
    ),
    { numRuns: 12, seed: 3 },
  );
  for (const rows of columns) {
    const [values, others, ats] = [0, 1, 2].map((at) => rows.map((row) => row[at])) as [
      unknown[],
      unknown[],
      number[],
    ];
    const answers = await inSql(
      "{'stack_count': stack_count(a), 'stack_share': stack_share(a), 'rarity': rarity(a), 'parent_child_rarity': parent_child_rarity(a, b), 'first_seen': first_seen(a, c), 'is_first_seen': is_first_seen(a, c)}",
      ["VARCHAR", "VARCHAR", "INTEGER"],
      rows,
    );
    const own = {
      stack_count: hunt.stackCount(values),
      stack_share: hunt.stackShare(values),
      rarity: hunt.rarity(values),
      parent_child_rarity: hunt.parentChildRarity(values, others),
      first_seen: hunt.firstSeen(values, ats),
      is_first_seen: hunt.isFirstSeen(values, ats),
    };
    for (const [name, list] of Object.entries(own)) {
      list.forEach((value, at) => {
        assert.ok(isSame(answers[at][name], plain(value)), `${name} ${at}: ${answers[at][name]} ${value}`);
      });
    }
  }
});

test("what is hidden comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (some) => {
      assert.equal(hunt.decodeBase64(Buffer.from(some).toString("base64")), some);
      assert.equal(hunt.decodeBase64url(Buffer.from(some).toString("base64url")), some);
      assert.equal(hunt.decodeBase64Utf16(Buffer.from(some, "utf16le").toString("base64")), some);
      assert.equal(hunt.decodeHex(Buffer.from(some).toString("hex")), some);
      assert.equal(hunt.decodeUrl(encodeURIComponent(some)), some);
    }),
  );
  fc.assert(
    fc.property(fc.domain(), fc.ipV4(), (domain, ip) => {
      for (const whole of [`http://${domain}/a`, `https://${ip}/`, `x@${domain}`])
        assert.equal(hunt.refang(hunt.defang(whole)), whole);
    }),
  );
});

test("a beacon scores high with jitter, missed beats and strays, chance contacts low", () => {
  const start = Date.UTC(2026, 0, 1);
  let state = 42;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const beats = (gap: () => number, count: number) => {
    let at = start;
    return Array.from({ length: count }, () => {
      at += gap() * 1000;
      return new Date(at);
    });
  };
  const steady = beats(() => 60, 60);
  const jitter = beats(() => 60 * (0.75 + random() / 2), 200);
  const missed = steady.filter((_, at) => at % 7 !== 3);
  const strays = [...steady, ...[17, 333, 1234].map((second) => new Date(start + second * 1000))];
  const doubled = steady.flatMap((at) => [at, new Date(at.getTime() + 900)]);
  assert.equal(hunt.beaconScore(steady), 1);
  assert.ok(hunt.beaconScore(jitter)! > 0.7, `jitter ${hunt.beaconScore(jitter)}`);
  assert.ok(hunt.beaconScore(missed)! > 0.9);
  assert.ok(hunt.beaconScore(strays)! > 0.9);
  assert.ok(hunt.beaconScore(doubled)! > 0.9, `doubled ${hunt.beaconScore(doubled)}`);
  const chances = Array.from(
    { length: 20 },
    () => hunt.beaconScore(beats(() => -Math.log(1 - random()) * 60, 200))!,
  );
  assert.ok(Math.max(...chances) < 0.45, `chance ${Math.max(...chances)}`);
  assert.equal(hunt.beaconScore(steady.slice(0, 4)), null);
});

test("long hostile texts take no long time in JavaScript", () => {
  const long = 30_000;
  const texts = [
    "a".repeat(long),
    ":".repeat(long),
    "a:".repeat(long),
    "!".repeat(long),
    `http://${"!".repeat(long)}x`,
    "%".repeat(long),
    "a.".repeat(long),
    "@".repeat(long),
    `${"a".repeat(long)}@`,
    "=".repeat(long),
    "/".repeat(long),
    "\\".repeat(long),
    `-e${" ".repeat(long)}`,
    " -e".repeat(long),
    "[.".repeat(long),
    "0x".repeat(long),
    "xn--".repeat(long),
    "1.".repeat(long),
    "é".repeat(long),
    '"'.repeat(long),
    "aa ".repeat(long),
  ];
  const names = HUNT_FUNCTIONS.filter(
    ({ kind, name }) => kind === "scalar" && !/^(ip_in_lookup|lookalike_domain|beacon)/.test(name),
  );
  for (const some of texts) {
    for (const { name } of names) {
      const startedMs = performance.now();
      inJavaScript(name)(some, some.slice(1));
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 1000, `${name}(${some.slice(0, 12)}…) took ${tookMs} ms`);
    }
  }
});

test("names of datasets, columns and aliases may be those of hunt functions", async () => {
  const ask = async (sql: string) => (await lake.engine.rows({ sql })).rows;
  assert.deepEqual(await ask("SELECT decode_base64(refang) AS refang FROM rarity ORDER BY refang LIMIT 1"), [
    { refang: "hi" },
  ]);
  assert.deepEqual(await ask('SELECT refang(__text) AS "__split" FROM rarity ORDER BY 1 LIMIT 1'), [
    { __split: "b.example" },
  ]);
  assert.deepEqual(
    await ask(
      "WITH public_suffix AS (SELECT __text AS __labels FROM rarity) SELECT registered_domain(__labels) AS rarity FROM public_suffix ORDER BY 1",
    ),
    [{ rarity: "b.example" }, { rarity: "evil.co.uk" }],
  );
  assert.deepEqual(
    await ask(
      "SELECT list_transform([__text], lambda __split: registered_domain(__split))[1] AS d FROM rarity ORDER BY 1",
    ),
    [{ d: "b.example" }, { d: "evil.co.uk" }],
  );
  assert.deepEqual(
    await ask(
      "SELECT rarity.refang AS r, rarity(rarity.refang) AS bits FROM rarity QUALIFY is_first_seen(rarity.refang, _time)",
    ),
    [{ r: "aGk=", bits: 0 }],
  );
  assert.deepEqual(
    await ask("SELECT registered_domain(HOST) AS upper, registered_domain(Host) AS camel FROM twins"),
    [{ upper: "b.org", camel: "evil.com" }],
  );
  assert.deepEqual(await ask("SELECT kind, value FROM rarity AS r, indicators(r.__text) ORDER BY 2"), [
    { kind: "domain", value: "evil.co.uk" },
  ]);
});

test("every rule of the Public Suffix List holds in SQL as in tldts", async () => {
  const rules = publicSuffixRules();
  assert.ok(rules.length > 5000, `${rules.length} rules`);
  const hosts = rules.flatMap((rule) => {
    const name = rule.replace(/^(!|\*\.)/, "");
    return [name, `a.${name}`, `b.a.${name}`];
  });
  const answers = await inSql(
    "{'suffix': public_suffix(a), 'domain': registered_domain(a)}",
    ["VARCHAR"],
    hosts.map((host) => [host]),
  );
  hosts.forEach((host, at) => {
    assert.deepEqual(answers[at], { suffix: getPublicSuffix(host), domain: getDomain(host) }, host);
  });
});

test("hunt functions work in a slice of time, in rules and in descriptions", async () => {
  const sql =
    "SELECT _time, registered_domain(__text) AS domain, is_first_seen(refang, _time) AS is_new FROM rarity";
  const untilUs = BigInt(Date.UTC(2026, 0, 1, 12)) * 1000n;
  const { rows } = await lake.engine.rows({ sql, window: { afterUs: 0n, untilUs } });
  assert.deepEqual(
    rows.map(({ domain, is_new }) => [domain, is_new]),
    [["evil.co.uk", true]],
  );
  assert.deepEqual(
    (await lake.engine.describe(sql)).map(({ type }) => type),
    ["TIMESTAMP", "VARCHAR", "BOOLEAN"],
  );
  assert.deepEqual(await lake.engine.datasetsOf("FROM rarity r, indicators(r.refang)"), ["rarity"]);
});

test("a table function of ours takes values, and the policy sees what they are made of", async () => {
  for (const sql of [
    "FROM indicators(getenv('HOME'))",
    "FROM indicators((SELECT content FROM read_text('/etc/passwd')))",
    "FROM indicators((SELECT max(name) FROM nowhere))",
    "SELECT refang(current_setting('threads'))",
    "SELECT damerau_levenshtein(repeat('a', 100000), repeat('b', 100000))",
  ]) {
    await assert.rejects(lake.engine.rows({ sql }), /not allowed|There is no dataset/, sql);
  }
});

test("no name of ours is one of DuckDB's", async () => {
  const rows = await lake.run("SELECT DISTINCT function_name AS name FROM duckdb_functions()");
  const theirs = new Set(rows.map(({ name }) => String(name).toLowerCase()));
  for (const { name } of HUNT_FUNCTIONS) assert.ok(!theirs.has(name), name);
});

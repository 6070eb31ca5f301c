import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { test } from "node:test";

/** Which rooms a room may import from. Inside promote the same holds for its folders. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  connectors: ["connectors"],
  notebooks: ["connectors", "notebooks"],
  promote: ["connectors", "notebooks", "promote"],
  server: ["connectors", "notebooks", "promote", "server", "workbench"],
  workbench: ["workbench"],
};
const PROMOTE: Readonly<Record<string, readonly string[]>> = {
  records: [],
  attack: [],
  rule: ["records", "attack"],
  ads: ["records", "attack", "rule"],
  plan: ["records", "attack", "rule"],
  gate: ["records", "attack", "rule", "ads", "plan"],
  run: ["records", "attack", "rule", "ads", "plan", "gate"],
  correlate: ["records", "attack", "rule", "ads", "plan", "gate", "run"],
  respond: ["records", "attack", "rule", "ads", "plan", "gate", "run", "correlate"],
  risk: ["records"],
};

const IMPORT =
  /^(?:import|export)\s+(?:(type)\s)?[^;]*?from\s+"(\.[^"]+)"|^import\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/gm;

interface Link {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function links(): Link[] {
  const found: Link[] = [];
  for (const file of globSync("{connectors,notebooks,promote,server,workbench}/**/*.ts")) {
    for (const match of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const target = match[2] ?? match[3] ?? match[4]!;
      found.push({ from: file, to: normalize(join(dirname(file), target)), typeOnly: match[1] === "type" });
    }
  }
  return found;
}

/** Files that say so in their first lines may be imported by the workbench as values. */
function isBrowserSafe(file: string): boolean {
  return readFileSync(file, "utf8").slice(0, 600).toLowerCase().includes("browser-safe");
}

test("rooms import one way", () => {
  const wrong = links().filter(({ from, to, typeOnly }) => {
    const [fromRoom, toRoom] = [from.split(sep)[0]!, to.split(sep)[0]!];
    if (fromRoom === "workbench" && toRoom !== "workbench") return !typeOnly && !isBrowserSafe(to);
    return !ROOMS[fromRoom]?.includes(toRoom);
  });
  assert.deepEqual(wrong, []);
});

test("folders inside promote import one way", () => {
  const wrong = links().filter(({ from, to }) => {
    const [fromRoom, fromFolder] = from.split(sep);
    const [toRoom, toFolder] = to.split(sep);
    if (fromRoom !== "promote" || toRoom !== "promote" || fromFolder === toFolder) return false;
    return !PROMOTE[fromFolder!]?.includes(toFolder!);
  });
  assert.deepEqual(wrong, []);
});

test("no folder or file has a name that says nothing", () => {
  const files = globSync("{connectors,notebooks,promote,server,workbench,test}/**/*.ts");
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter((file) => /(^|\/)(utils?|helpers?|common|lib|misc)(\/|\.ts$)/.test(file)),
    [],
  );
});

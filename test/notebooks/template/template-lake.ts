import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSourceDefinition } from "../../../connectors/source/parse.ts";
import type { SourceDefinition } from "../../../connectors/source/source.ts";
import { writeDemoWorkspace } from "../../../server/demo/demo.ts";
import { LoadedLake } from "../loaded-lake.ts";

/** A small demo week, loaded with the demo's own source definitions. */
export async function demoLake(scale: number): Promise<{
  readonly lake: LoadedLake;
  readonly definitions: ReadonlyMap<string, SourceDefinition>;
}> {
  const directory = mkdtempSync(join(tmpdir(), "spoor-template-demo-"));
  const demo = await writeDemoWorkspace({
    directory,
    seed: 7717,
    nowMs: Date.parse("2026-11-24T10:00:00Z"),
    scale,
  });
  const lake = new LoadedLake();
  const definitions = new Map<string, SourceDefinition>();
  for (const [source, folder] of Object.entries(demo.folders)) {
    const parsed = parseSourceDefinition(
      readFileSync(join(directory, "sources", source, "source.yaml"), "utf8"),
      source,
    );
    if (!parsed.ok) throw new Error(`The demo's source ${source} does not parse.`);
    definitions.set(source, parsed.value);
    await lake.load(source, [folder], parsed.value);
  }
  rmSync(directory, { recursive: true, force: true });
  return { lake, definitions };
}

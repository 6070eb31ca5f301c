import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { parseSourceDefinition, serializeSourceDefinition } from "../../connectors/source/parse.ts";
import type { SourceDefinition } from "../../connectors/source/source.ts";

export const SOURCE_NAME = /^[a-z][a-z0-9_]{0,47}$/;

/** One `sources/<name>/` as it stands in the workspace. */
export interface SourceFile {
  readonly name: string;
  readonly yaml: string;
  readonly runbook: string;
  readonly parsed: Parsed<SourceDefinition>;
}

/** The sources that people declared, read again when a file changed. */
export class SourceFiles {
  readonly #directory: string;
  readonly #cache = new Map<string, { readonly stamp: string; readonly file: SourceFile }>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  list(): SourceFile[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory)
      .filter((name) => SOURCE_NAME.test(name) && existsSync(join(this.#directory, name, "source.yaml")))
      .sort()
      .map((name) => this.read(name)!);
  }

  read(name: string): SourceFile | undefined {
    if (!SOURCE_NAME.test(name)) return undefined;
    const yamlPath = join(this.#directory, name, "source.yaml");
    if (!existsSync(yamlPath)) return undefined;
    const runbookPath = join(this.#directory, name, "runbook.md");
    const stamp = [yamlPath, runbookPath]
      .map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0))
      .join();
    const known = this.#cache.get(name);
    if (known?.stamp === stamp) return known.file;
    const yaml = readFileSync(yamlPath, "utf8");
    const parsed = parseSourceDefinition(yaml, `sources/${name}/source.yaml`);
    const file: SourceFile = {
      name,
      yaml,
      runbook: existsSync(runbookPath) ? readFileSync(runbookPath, "utf8") : "",
      parsed:
        parsed.ok && parsed.value.name !== name
          ? { ok: false, issues: [wrongName(name, parsed.value.name)] }
          : parsed,
    };
    this.#cache.set(name, { stamp, file });
    return file;
  }

  /** Changes whenever a source.yaml does. */
  stamp(): string {
    return this.list()
      .map(({ name }) => `${name}:${this.#cache.get(name)?.stamp}`)
      .join();
  }

  definition(name: string): SourceDefinition | undefined {
    const file = this.read(name);
    return file?.parsed.ok ? file.parsed.value : undefined;
  }

  /** Writes the files of a new source; those that a person wrote already stay. */
  create(definition: SourceDefinition): void {
    const folder = join(this.#directory, definition.name);
    mkdirSync(folder, { recursive: true });
    const yamlPath = join(folder, "source.yaml");
    if (!existsSync(yamlPath)) writeFileSync(yamlPath, serializeSourceDefinition(definition));
    const runbookPath = join(folder, "runbook.md");
    if (!existsSync(runbookPath)) writeFileSync(runbookPath, runbookTemplate(definition));
  }
}

function wrongName(folder: string, name: string): Issue {
  return {
    severity: "error",
    code: "source.name.differs",
    place: `sources/${folder}/source.yaml`,
    message: `The file names its source "${name}", its folder is "${folder}".`,
    remedy: "Give both the same name.",
  };
}

function runbookTemplate(definition: SourceDefinition): string {
  return `# When ${definition.name} goes quiet or changes

1. Is the sender up? Who runs it: ${definition.owner || "nobody is named yet: put an owner in source.yaml"}.
2. When did the last event come? \`spoor query "select max(_time), max(_ingested) from ${definition.name}"\`
3. What was refused? \`spoor query "from quarantine where source = '${definition.name}' order by _time desc limit 20"\`
4. Load what was missed: \`spoor source add ${definition.name} PATH\`. A file that was loaded before adds nothing.
`;
}

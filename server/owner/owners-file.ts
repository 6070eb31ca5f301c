import { existsSync, readFileSync, statSync } from "node:fs";
import type { Issue } from "../../connectors/issue/issue.ts";
import { type Owners, parseOwners } from "../../promote/plan/owners.ts";

/** `owners.yaml` of the workspace, read again when it changed. Without one there is nobody. */
export class OwnersFile {
  readonly #path: string;
  #kept: { readonly stamp: number; readonly owners: Owners; readonly issues: readonly Issue[] } | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Changes whenever the file does; 0 when there is none. */
  stamp(): number {
    return existsSync(this.#path) ? statSync(this.#path).mtimeMs : 0;
  }

  read(): { readonly owners: Owners; readonly issues: readonly Issue[] } {
    const stamp = this.stamp();
    if (this.#kept?.stamp === stamp) return this.#kept;
    const parsed = parseOwners(
      stamp === 0 ? "owners: []\n" : readFileSync(this.#path, "utf8"),
      "owners.yaml",
    );
    this.#kept = { stamp, owners: parsed.ok ? parsed.value : { owners: [] }, issues: parsed.issues };
    return this.#kept;
  }
}

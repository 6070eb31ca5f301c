import type { RuleFolders } from "./rule-files.ts";

/** Drafts that one look asks for a change: three thousand are all asked within six looks, for a few milliseconds each. */
const DRAFTS_A_LOOK = 500;
const RESTS = /^stage:[ \t]*(["']?)(?:draft|retired)\1[ \t]*(?:#.*)?\r?$/m;
const STAGE_KEYS = /\bstage["']?[ \t]*:/g;

/** Whether a rule.yaml says plainly that its rule does not watch. One that says it otherwise is weighed to find out. */
function rests(yaml: string): boolean {
  return RESTS.test(yaml) && yaml.match(STAGE_KEYS)?.length === 1;
}

interface Seen {
  readonly yaml: string;
  readonly asks: boolean;
}

/** Which rules ask to watch, and whether anything about them changed, without reading the drafts beside them. */
export class RuleWatchlist {
  readonly #folders: RuleFolders;
  readonly #seen = new Map<string, Seen>();
  /** Stamps of all files of the rules that ask to watch. */
  readonly #stamps = new Map<string, string>();
  #names: readonly string[] = [];
  #next = 0;
  #revision = 0;

  constructor(folders: RuleFolders) {
    this.#folders = folders;
  }

  /** Names of the rules whose file asks for a stage at which they watch (or cannot be told not to), as the files are now. */
  asking(): string[] {
    this.#takeNames();
    return this.#names.filter((name) => this.#asks(name));
  }

  /** Whether the rule's file asks for a stage at which it watches, as the file is now. */
  asks(name: string): boolean {
    return this.#asks(name);
  }

  /**
   * One look, cheap enough for every second. The number grows when a rule that asks to watch, or did, changed in any of its
   * files: at once for those, within some looks for a draft that has come to ask.
   */
  look(): number {
    this.#takeNames();
    for (const name of this.#names) {
      if (this.#seen.get(name)?.asks !== true) continue;
      if (!this.#asks(name)) continue;
      const stamp = this.#folders.stamp(name);
      if (this.#stamps.get(name) !== stamp) this.#revision += 1;
      this.#stamps.set(name, stamp);
    }
    const count = Math.min(DRAFTS_A_LOOK, this.#names.length);
    for (let done = 0; done < count; done += 1) {
      const name = this.#names[this.#next % this.#names.length]!;
      this.#next = (this.#next + 1) % this.#names.length;
      if (this.#seen.get(name)?.asks === false) this.#asks(name);
    }
    return this.#revision;
  }

  /** Takes the list of folders when it is another: folders that are new are looked into at once. */
  #takeNames(): void {
    const names = this.#folders.names();
    if (names === this.#names) return;
    const present = new Set(names);
    for (const [name, { asks }] of this.#seen) {
      if (present.has(name)) continue;
      this.#seen.delete(name);
      this.#stamps.delete(name);
      if (asks) this.#revision += 1;
    }
    this.#names = names;
    for (const name of names) if (!this.#seen.has(name)) this.#asks(name);
  }

  #asks(name: string): boolean {
    const yaml = this.#folders.yamlStamp(name);
    const before = this.#seen.get(name);
    if (before?.yaml === yaml) return before.asks;
    const asks = !rests(this.#folders.yamlText(name));
    this.#seen.set(name, { yaml, asks });
    if (asks || before?.asks === true) this.#revision += 1;
    if (!asks) this.#stamps.delete(name);
    return asks;
  }
}

import type { Statement } from "./statement.ts";

/** Characters of the texts that are remembered together: their trees take some fifty times as much. */
const MAXIMUM_CHARACTERS = 2_000_000;

/** Statements by their text: what runs every second is parsed once. */
export class KnownStatements {
  readonly #parse: (sql: string) => Promise<Statement>;
  readonly #known = new Map<string, Statement>();
  #characters = 0;

  constructor(parse: (sql: string) => Promise<Statement>) {
    this.#parse = parse;
  }

  /** The statement of a text, which nobody may change. Throws QueryError as parsing does; errors are not remembered. */
  async of(sql: string): Promise<Statement> {
    const known = this.#known.get(sql);
    if (known !== undefined) {
      this.#known.delete(sql);
      this.#known.set(sql, known);
      return known;
    }
    const statement = await this.#parse(sql);
    if (!this.#known.has(sql)) this.#characters += sql.length;
    this.#known.set(sql, statement);
    for (const oldest of this.#known.keys()) {
      if (this.#characters <= MAXIMUM_CHARACTERS || oldest === sql) break;
      this.#known.delete(oldest);
      this.#characters -= oldest.length;
    }
    return statement;
  }
}

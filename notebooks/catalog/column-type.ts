import { quoteIdentifier, quoteText } from "../../connectors/sql/quote.ts";

/** A DuckDB type, parsed from its text. */
export type ColumnType =
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "decimal"; readonly width: number; readonly scale: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly item: ColumnType }
  | { readonly kind: "array"; readonly item: ColumnType; readonly size: number }
  | { readonly kind: "map"; readonly key: ColumnType; readonly value: ColumnType }
  | { readonly kind: "struct" | "union"; readonly fields: readonly TypeField[] };

export interface TypeField {
  readonly name: string;
  readonly type: ColumnType;
}

const SCALARS = new Map<string, string>(
  [
    "BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE",
    "VARCHAR BLOB BIT DATE TIME TIME_NS TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL UUID JSON BIGNUM",
  ]
    .join(" ")
    .split(" ")
    .map((name) => [name, name]),
);
const ALIASES: Readonly<Record<string, string>> = {
  BOOL: "BOOLEAN",
  INT: "INTEGER",
  LONG: "BIGINT",
  TEXT: "VARCHAR",
  STRING: "VARCHAR",
  REAL: "FLOAT",
  DATETIME: "TIMESTAMP",
  TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
  TIMETZ: "TIME WITH TIME ZONE",
};
const TOKEN = /\s*(?:("(?:[^"]|"")*")|('(?:[^']|'')*')|([A-Za-z_][A-Za-z0-9_]*)|(\d+)|([(),[\]]))/y;
const DEPTH_LIMIT = 64;

interface Token {
  readonly kind: "quoted" | "text" | "word" | "number" | "mark" | "end";
  readonly text: string;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw new RangeError(`The type ${JSON.stringify(text)} cannot be read at character ${at + 1}.`);
    if (match[1] !== undefined)
      found.push({ kind: "quoted", text: match[1].slice(1, -1).replaceAll('""', '"') });
    else if (match[2] !== undefined)
      found.push({ kind: "text", text: match[2].slice(1, -1).replaceAll("''", "'") });
    else if (match[3] !== undefined) found.push({ kind: "word", text: match[3] });
    else if (match[4] !== undefined) found.push({ kind: "number", text: match[4] });
    else found.push({ kind: "mark", text: match[5]! });
  }
  return found;
}

class TypeReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  whole(): ColumnType {
    const type = this.#type(0);
    if (this.#peek().kind !== "end") this.#fail(`${this.#peek().text} is not expected`);
    return type;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "the end" };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #fail(why: string): never {
    throw new RangeError(`The type ${JSON.stringify(this.#text)} cannot be read: ${why}.`);
  }

  #mark(text: string): void {
    const token = this.#next();
    if (token.kind !== "mark" || token.text !== text) this.#fail(`${text} is missing before ${token.text}`);
  }

  #taken(text: string): boolean {
    if (this.#peek().kind !== "mark" || this.#peek().text !== text) return false;
    this.#at += 1;
    return true;
  }

  #word(text: string): boolean {
    if (this.#peek().kind !== "word" || this.#peek().text.toUpperCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #number(): number {
    const token = this.#next();
    if (token.kind !== "number") this.#fail(`a number is missing before ${token.text}`);
    return Number(token.text);
  }

  #list<T>(one: () => T): T[] {
    this.#mark("(");
    const items: T[] = [];
    do items.push(one());
    while (this.#taken(","));
    this.#mark(")");
    return items;
  }

  #type(depth: number): ColumnType {
    if (depth > DEPTH_LIMIT) this.#fail("it is nested too deeply");
    let type = this.#base(depth);
    while (this.#taken("[")) {
      type =
        this.#peek().kind === "number"
          ? { kind: "array", item: type, size: this.#number() }
          : { kind: "list", item: type };
      this.#mark("]");
    }
    return type;
  }

  #base(depth: number): ColumnType {
    const token = this.#next();
    if (token.kind !== "word") this.#fail(`a type name is missing before ${token.text}`);
    const name = token.text.toUpperCase();
    if (name === "DECIMAL" || name === "NUMERIC") return this.#decimal();
    if (name === "STRUCT" || name === "UNION") {
      const fields = this.#list(() => {
        const field = this.#next();
        if (field.kind !== "word" && field.kind !== "quoted") this.#fail("a field has no name");
        return { name: field.text, type: this.#type(depth + 1) };
      });
      return { kind: name === "STRUCT" ? "struct" : "union", fields };
    }
    if (name === "MAP") {
      const [key, value, ...rest] = this.#list(() => this.#type(depth + 1));
      if (!key || !value || rest.length > 0) this.#fail("a MAP has two types");
      return { kind: "map", key, value };
    }
    if (name === "ENUM") {
      const values = this.#list(() => {
        const value = this.#next();
        if (value.kind !== "text") this.#fail("an ENUM holds quoted texts");
        return value.text;
      });
      return { kind: "enum", values };
    }
    if ((name === "TIMESTAMP" || name === "TIME") && this.#word("WITH")) {
      if (!this.#word("TIME") || !this.#word("ZONE")) this.#fail("WITH TIME ZONE is cut");
      return { kind: "scalar", name: `${name} WITH TIME ZONE` };
    }
    const scalar = SCALARS.get(name) ?? ALIASES[name];
    if (scalar === undefined) this.#fail(`${token.text} is no type that Spoor knows`);
    return { kind: "scalar", name: scalar };
  }

  #decimal(): ColumnType {
    if (this.#peek().text !== "(") return { kind: "decimal", width: 18, scale: 3 };
    const [width = 18, scale = 0] = this.#list(() => this.#number());
    if (width < 1 || width > 38 || scale > width) this.#fail("a DECIMAL has 1 to 38 digits");
    return { kind: "decimal", width, scale };
  }
}

/** Parses a DuckDB type as DuckDB prints it. Throws RangeError where it is none; nothing of the text is kept unread. */
export function parseColumnType(text: string): ColumnType {
  return new TypeReader(text).whole();
}

/** The type as SQL text, every name quoted. `formatColumnType(parseColumnType(t))` means the same type as `t`. */
export function formatColumnType(type: ColumnType): string {
  switch (type.kind) {
    case "scalar":
      return type.name;
    case "decimal":
      return `DECIMAL(${type.width},${type.scale})`;
    case "enum":
      return `ENUM(${type.values.map(quoteText).join(", ")})`;
    case "list":
      return `${formatColumnType(type.item)}[]`;
    case "array":
      return `${formatColumnType(type.item)}[${type.size}]`;
    case "map":
      return `MAP(${formatColumnType(type.key)}, ${formatColumnType(type.value)})`;
    case "struct":
    case "union": {
      const fields = type.fields.map(
        (field) => `${quoteIdentifier(field.name)} ${formatColumnType(field.type)}`,
      );
      return `${type.kind.toUpperCase()}(${fields.join(", ")})`;
    }
  }
}

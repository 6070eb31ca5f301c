/** One field: text, or null for an empty field without quotes. */
export type CsvField = string | null;

/**
 * Takes CSV apart (RFC 4180: quoted fields may hold the delimiter, quotes doubled, and line breaks). Text may
 * come in pieces. Calls `take(line, fields, text)` for each record, with the line on which it starts; a record
 * whose last quote never closes comes with `fields` null.
 */
export class CsvReader {
  private rest = "";
  private line = 1;
  private readonly delimiter: string;
  private readonly take: (line: number, fields: CsvField[] | null, text: string) => void;

  constructor(delimiter: string, take: (line: number, fields: CsvField[] | null, text: string) => void) {
    this.delimiter = delimiter;
    this.take = take;
  }

  push(text: string): void {
    this.rest += text;
    this.drain(false);
  }

  end(): void {
    this.drain(true);
    if (this.rest !== "") {
      // A quote that never closes: its first line is the reject, what follows is read anew.
      while (this.rest !== "") {
        const cut = this.rest.indexOf("\n");
        const first = cut < 0 ? this.rest : this.rest.slice(0, cut);
        this.take(this.line, null, first.replace(/\r$/, ""));
        this.line++;
        this.rest = cut < 0 ? "" : this.rest.slice(cut + 1);
        this.drain(true);
      }
    }
  }

  private drain(last: boolean): void {
    const text = this.rest;
    let at = 0;
    while (at < text.length) {
      const found = this.record(text, at, last);
      if (found === null) break;
      const raw = text.slice(at, found.contentEnd);
      if (raw !== "") this.take(this.line, found.fields, raw);
      this.line += found.breaks;
      at = found.next;
    }
    this.rest = text.slice(at);
  }

  private record(
    text: string,
    from: number,
    last: boolean,
  ): { fields: CsvField[]; contentEnd: number; next: number; breaks: number } | null {
    const fields: CsvField[] = [];
    let at = from;
    let breaks = 0;
    for (;;) {
      let field: CsvField;
      if (text[at] === '"') {
        let value = "";
        at++;
        for (;;) {
          const close = text.indexOf('"', at);
          if (close < 0 || (close === text.length - 1 && !last)) return null;
          value += text.slice(at, close);
          at = close + 1;
          if (text[at] !== '"') break;
          value += '"';
          at++;
        }
        // Text after the closing quote is kept as it stands.
        const stop = this.fieldEnd(text, at);
        value += text.slice(at, stop).replace(/\r$/, "");
        at = stop;
        for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) === 10) breaks++;
        field = value;
      } else {
        const stop = this.fieldEnd(text, at);
        const value = text.slice(at, stop);
        at = stop;
        const isLast = at >= text.length || text[at] === "\n";
        const trimmed = isLast ? value.replace(/\r$/, "") : value;
        field = trimmed === "" ? null : trimmed;
      }
      fields.push(field);
      if (at >= text.length) {
        if (!last) return null;
        return { fields, contentEnd: at, next: at, breaks };
      }
      if (text[at] === "\n") {
        const contentEnd = text[at - 1] === "\r" && at > from ? at - 1 : at;
        return { fields, contentEnd, next: at + 1, breaks: breaks + 1 };
      }
      at++;
    }
  }

  private fieldEnd(text: string, from: number): number {
    let at = from;
    while (at < text.length && text[at] !== "\n" && text[at] !== this.delimiter) at++;
    return at;
  }
}

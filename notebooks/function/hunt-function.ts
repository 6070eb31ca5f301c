/** What a person is told about a hunt function. Browser-safe. */
export interface HuntFunction {
  /** As SQL calls it; in JavaScript cells it is `hunt.` and the same name in camel case. */
  readonly name: string;
  /** `name(parameter TYPE, …) -> TYPE`. */
  readonly signature: string;
  readonly summary: string;
  /** An expression (a table expression for `table`) that can be run as it stands, or over rows for the others. */
  readonly example: string;
  /** The example's value as DuckDB prints it. */
  readonly result: string;
  /**
   * `scalar` gives a value for a row, `table` rows, `aggregate` one value for a group, and `window` a value for a row
   * that depends on the other rows of the query.
   */
  readonly kind: "scalar" | "table" | "aggregate" | "window";
}

/** A hunt function, or a part of some (without documentation), as the engine makes it. */
export interface HuntMacro {
  readonly name: string;
  /** Macros, or the type `public_suffix_rule`, that must be there first. */
  readonly needs: readonly string[];
  /** `CREATE OR REPLACE MACRO …`. Names bound inside it begin with `__`, so that no column of a query is caught. */
  readonly create: string;
}

/**
 * One evaluation of `expression`, named `name` in `body`: a macro's argument is otherwise written out, and evaluated,
 * once for each use.
 */
export function letIn(name: string, expression: string, body: string): string {
  return `list_transform([${expression}], lambda ${name}: ${body})[1]`;
}

/**
 * A scalar macro. Parameters begin with `__` as well, so that they never meet a name of the body's own; those that are
 * text by their name take any value as its text.
 */
export function macro(
  name: string,
  parameters: readonly string[],
  body: string,
  needs: readonly string[] = [],
): HuntMacro {
  const typed = body.replace(/\b__(?:text|ip|range|host|url|path)\b/g, (parameter) =>
    parameters.includes(parameter) ? `(${parameter}::VARCHAR)` : parameter,
  );
  return { name, needs, create: `CREATE OR REPLACE MACRO ${name}(${parameters.join(", ")}) AS ${typed}` };
}

/** SQL text of a pattern that both RE2 and JavaScript read alike (no look-around, no Unicode classes). */
export function patternText(pattern: RegExp): string {
  const plain = pattern.source.replace(/\\([\s\S])/g, (whole, character) =>
    character === "/" ? "/" : whole,
  );
  return `'${plain.replaceAll("'", "''")}'`;
}

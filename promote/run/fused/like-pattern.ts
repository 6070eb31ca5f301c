/** A LIKE pattern of plain pieces. */
export interface LikePattern {
  readonly pieces: readonly string[];
  /** Whether the first piece must begin the text. */
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

/** Takes a LIKE pattern apart; null when it has `_`, or an escape that DuckDB refuses. */
export function likePattern(pattern: string, escaping: string | null): LikePattern | null {
  if (escaping !== null && [...escaping].length > 1) return null;
  const pieces: string[] = [];
  let piece = "";
  let isOpen = false;
  const flush = (): void => {
    if (piece !== "") pieces.push(piece);
    piece = "";
  };
  const signs = [...pattern];
  const startsOpen = signs[0] === "%" && escaping !== "%";
  for (let at = 0; at < signs.length; at += 1) {
    const sign = signs[at]!;
    isOpen = false;
    if (escaping !== null && escaping !== "" && sign === escaping) {
      const next = signs[at + 1];
      if (next !== "%" && next !== "_" && next !== escaping) return null;
      piece += next;
      at += 1;
    } else if (sign === "%") {
      flush();
      isOpen = true;
    } else if (sign === "_") return null;
    else piece += sign;
  }
  flush();
  return { pieces, fromStart: !startsOpen, toEnd: !isOpen };
}

/**
 * JSON text that keeps what plain JSON loses: bigint becomes `{"$n": "12"}` and bytes `{"$b": "hex"}`. A key of
 * data that starts with `$` gets one more, so that no value from a log can pose as one of these.
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(tag(value));
}

/** The inverse of `encodeJson`. */
export function decodeJson<T>(text: string): T {
  return untag(JSON.parse(text)) as T;
}

function tag(value: unknown): unknown {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (value instanceof Uint8Array) return { $b: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(tag);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([key, inner]) => [key.startsWith("$") ? `$${key}` : key, tag(inner)]),
    );
  }
  return value;
}

function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [key, inner] = entries[0]!;
    if (key === "$n" && typeof inner === "string") return BigInt(inner);
    if (key === "$b" && typeof inner === "string") return new Uint8Array(Buffer.from(inner, "hex"));
  }
  return Object.fromEntries(
    entries.map(([key, inner]) => [key.startsWith("$$") ? key.slice(1) : key, untag(inner)]),
  );
}

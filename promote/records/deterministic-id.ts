import { createHash } from "node:crypto";

/** What an id is made of: texts, whole numbers and lists of them. */
export type IdPart = string | bigint | readonly IdPart[];

function written(part: IdPart): unknown {
  if (typeof part === "bigint") return { integer: part.toString() };
  return typeof part === "string" ? part : part.map(written);
}

/** SHA-256 (64 hex digits) over the parts, so that the same thing always gets the same id. No two lists collide. */
export function deterministicId(...parts: readonly IdPart[]): string {
  return createHash("sha256")
    .update(JSON.stringify(parts.map(written)))
    .digest("hex");
}

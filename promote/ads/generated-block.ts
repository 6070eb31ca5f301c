/** A part of a section that Spoor writes, between two comments, with a hash of what it was written from. Browser-safe. */
import { keptProse } from "./list-parts.ts";
import { sha256Hex } from "./sha256.ts";

/** What Spoor wrote, with 16 hex digits: 8 of a SHA-256 over what it was written from, and 8 of one over the text. */
export interface Generated {
  readonly markdown: string;
  readonly hash: string;
}

/** `stale`: it was written from something else than what is there now. `edited`: its text was changed by hand. */
export type GeneratedState = "current" | "stale" | "edited";

/** A section with a generated part and a person's own words around it. */
export interface WithGenerated {
  readonly before: string;
  /** Null where the section has none. */
  readonly generated: Generated | null;
  readonly after: string;
}

const OPEN = /^<!-- generated from the (rule|plan), ([0-9a-f]{16}): .*-->$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** The generated text with its hash over `stands` (what it was written from) and over the text itself. */
export function generatedFrom(stands: readonly string[], markdown: string): Generated {
  const text = markdown.trim();
  return { markdown: text, hash: `${digest(JSON.stringify(stands))}${digest(text)}` };
}

/** Whether a generated text is still what it was, and of what is there now. Another wording of the same is current too. */
export function generatedState(generated: Generated, stands: readonly string[]): GeneratedState {
  if (generated.hash.slice(8) !== digest(generated.markdown.trim())) return "edited";
  return generated.hash.slice(0, 8) === digest(JSON.stringify(stands)) ? "current" : "stale";
}

function digest(text: string): string {
  return sha256Hex(text).slice(0, 8);
}

/** Reads the generated part of a section; the first one counts. One that is not closed is a person's own text. */
export function parseGenerated(body: string, origin: "rule" | "plan"): WithGenerated {
  const lines = body.split("\n");
  const close = closing(origin);
  let fence = "";
  for (const [start, line] of lines.entries()) {
    const marker = FENCE.exec(line)?.[1];
    if (fence !== "") {
      if (marker?.startsWith(fence)) fence = "";
      continue;
    }
    if (marker) fence = marker;
    const open = OPEN.exec(line);
    if (open?.[1] !== origin) continue;
    const end = lines.indexOf(close, start + 1);
    if (end < 0) break;
    return {
      before: keptProse(lines.slice(0, start).join("\n")),
      generated: {
        markdown: lines
          .slice(start + 1, end)
          .join("\n")
          .trim(),
        hash: open[2]!,
      },
      after: keptProse(lines.slice(end + 1).join("\n")),
    };
  }
  return { before: keptProse(body), generated: null, after: "" };
}

/** Writes the section; parses back to the same value. */
export function renderGenerated(section: WithGenerated, origin: "rule" | "plan"): string {
  const { before, generated, after } = section;
  const block = generated
    ? [
        `<!-- generated from the ${origin}, ${generated.hash}: write around it, and refresh it when the ${origin} changes -->`,
        generated.markdown,
        closing(origin),
      ].join("\n\n")
    : "";
  return [keptProse(before), block, keptProse(after)].filter((part) => part !== "").join("\n\n");
}

function closing(origin: "rule" | "plan"): string {
  return `<!-- end of what is generated from the ${origin} -->`;
}

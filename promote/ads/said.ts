/** Whether a text says anything. Browser-safe: pure functions only. */

const PLACEHOLDER =
  /^(?:todo|tbd|tbc|fixme|xxx|unknown|unclear|not known|none|nothing|no|n\/?a|not applicable|lorem ipsum.*|placeholder|fill (?:me )?in.*|to be (?:done|defined|determined|written).*|say (?:here|it)|\?+|\.{2,}|…|-+)[.!:…]*$/i;

/** Whether a text is a placeholder or empty: letters and figures that say nothing do not count. */
export function isPlaceholder(text: string): boolean {
  const bare = text
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "")
    .replaceAll(/[*_`[\]()<>{}"']/g, "")
    .trim();
  return !/[\p{L}\p{N}]/u.test(bare) || PLACEHOLDER.test(bare) || /^(?:todo|tbd|fixme)\b/i.test(bare);
}

/** How many words a text has, of any script. */
export function wordCount(text: string): number {
  return text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
}

/** Markdown without its HTML comments, as a person reads it. */
export function withoutComments(markdown: string): string {
  return markdown
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

/**
 * Which elements the frame does not make: those that hold a document, and those that reach out by a link. Cells share
 * this realm, so the patterns carry what they need themselves: a cell that replaces RegExp's methods changes nothing.
 */
const { apply } = Reflect;
const { exec, [Symbol.replace]: substitute } = RegExp.prototype;

const REFUSED = "iframe|frame|frameset|object|embed|portal|fencedframe|link|base|meta";
const NAME = own(`^(?:[^:]*:)?(?:${REFUSED})$`, "i");
const MARKUP = own(`<(?=(?:[^\\s<>/:]*:)?(?:${REFUSED})\\b)`, "gi");
/** XML can name a piece of markup and use it elsewhere. */
const ENTITIES = own("<!(?=ENTITY|DOCTYPE[^>]*\\[)", "gi");

function own(source: string, flags: string): RegExp {
  const pattern = new RegExp(source, flags);
  const held = { exec, flags, global: flags.includes("g"), unicode: false };
  for (const [name, value] of Object.entries(held)) Object.defineProperty(pattern, name, { value });
  return pattern;
}

/** Whether an element of this name, with or without a prefix, is refused. */
export function isRefusedName(name: string): boolean {
  return apply(exec, NAME, [name]) !== null;
}

/** The markup with every start of a refused element made plain text. */
export function withoutRefusedMarkup(markup: string): string {
  const elements = apply(substitute, MARKUP, [markup, "&lt;"]) as string;
  return apply(substitute, ENTITIES, [elements, "&lt;!"]) as string;
}

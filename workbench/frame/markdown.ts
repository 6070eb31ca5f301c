import MarkdownIt from "markdown-it";

const renderer = new MarkdownIt({ html: true, linkify: true });
const OPENING = "\uE000";
const CLOSING = "\uE001";
const PLACEHOLDER = /\uE000(\d+)\uE001/g;

/**
 * The `md` template tag. The author's text is Markdown with HTML; an interpolated value is only ever text (or the node
 * that it is): a log value cannot become markup, whatever it holds.
 */
export function md(strings: TemplateStringsArray, ...values: readonly unknown[]): Node {
  let source = strings[0] ?? "";
  values.forEach((_value, index) => {
    source += `${OPENING}${index}${CLOSING}${strings[index + 1] ?? ""}`;
  });
  const root = document.createElement("div");
  root.className = "markdown";
  root.innerHTML = renderer.render(source);
  fill(root, values);
  return root;
}

function fill(root: Element, values: readonly unknown[]): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node instanceof Text) {
      if (node.data.includes(OPENING)) texts.push(node);
    } else if (node instanceof Element) {
      for (const attribute of node.attributes) {
        attribute.value = decoded(attribute.value).replace(PLACEHOLDER, (_whole, index: string) =>
          textOf(values[Number(index)]),
        );
      }
    }
  }
  for (const node of texts) {
    const parts: Node[] = [];
    let position = 0;
    for (const match of node.data.matchAll(PLACEHOLDER)) {
      parts.push(document.createTextNode(node.data.slice(position, match.index)));
      parts.push(...nodesOf(values[Number(match[1])]));
      position = match.index + match[0].length;
    }
    parts.push(document.createTextNode(node.data.slice(position)));
    node.replaceWith(...parts);
  }
}

/** Markdown percent-encodes what stands in a link. */
function decoded(text: string): string {
  return text.replaceAll("%EE%80%80", OPENING).replaceAll("%EE%80%81", CLOSING);
}

function nodesOf(value: unknown): Node[] {
  if (value instanceof Node) return [value];
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  return [document.createTextNode(textOf(value))];
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return String(value);
}

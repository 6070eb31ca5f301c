const PLAIN = /^[A-Za-z](?:[\w ./-]*[\w])?$/;
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Writes a text as a YAML scalar on one line that reads back as the same text. */
export function yamlText(text: string): string {
  if (PLAIN.test(text) && !RESERVED.test(text)) return text;
  return JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Writes a text after `key:`, as a block of lines where it has several, each indented by `indent` spaces. */
export function yamlBlock(text: string, indent: number): string {
  const lines = text.split("\n");
  const blockable =
    lines.length > 1 &&
    lines.every((line) => /^(?:[!-~\u00a1-\u024f][\t -~\u00a1-\u024f]*|)$/.test(line)) &&
    lines[0] !== "" &&
    lines.at(-1) !== "";
  if (!blockable) return yamlText(text);
  const margin = " ".repeat(indent);
  return `|-\n${lines.map((line) => (line === "" ? "" : margin + line)).join("\n")}`;
}

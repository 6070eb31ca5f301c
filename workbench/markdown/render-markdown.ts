import { html, type TemplateResult } from "lit";
import MarkdownIt, { type Token } from "markdown-it";
import { safeLink } from "../format/safe-link.ts";

const parser = new MarkdownIt({ html: false, linkify: false });

/**
 * Markdown as elements made one by one: raw HTML in it stays text, images become their description, and links lead
 * to http(s) or nowhere.
 */
export function renderMarkdown(text: string): TemplateResult {
  return html`<div class="prose">${blocks(parser.parse(text, {}))}</div>`;
}

function blocks(tokens: readonly Token[]): unknown[] {
  const out: unknown[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at]!;
    if (token.nesting === 1) {
      const end = closing(tokens, at);
      out.push(block(token, blocks(tokens.slice(at + 1, end))));
      at = end + 1;
      continue;
    }
    if (token.type === "inline") out.push(inlines(token.children ?? []));
    else if (token.type === "fence" || token.type === "code_block")
      out.push(html`<pre><code>${token.content}</code></pre>`);
    else if (token.type === "hr") out.push(html`<hr />`);
    else if (token.content !== "") out.push(token.content);
    at += 1;
  }
  return out;
}

function inlines(tokens: readonly Token[]): unknown[] {
  const out: unknown[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at]!;
    if (token.nesting === 1) {
      const end = closing(tokens, at);
      out.push(inline(token, inlines(tokens.slice(at + 1, end))));
      at = end + 1;
      continue;
    }
    if (token.type === "code_inline") out.push(html`<code>${token.content}</code>`);
    else if (token.type === "softbreak") out.push(" ");
    else if (token.type === "hardbreak") out.push(html`<br />`);
    else out.push(token.content);
    at += 1;
  }
  return out;
}

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    depth += tokens[at]!.nesting;
    if (depth === 0) return at;
  }
  return tokens.length;
}

function block(token: Token, content: unknown): unknown {
  if (token.hidden) return content;
  switch (token.tag) {
    case "p":
      return html`<p>${content}</p>`;
    case "h1":
    case "h2":
      return html`<h3>${content}</h3>`;
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return html`<h4>${content}</h4>`;
    case "ul":
      return html`<ul>${content}</ul>`;
    case "ol":
      return html`<ol>${content}</ol>`;
    case "li":
      return html`<li>${content}</li>`;
    case "blockquote":
      return html`<blockquote>${content}</blockquote>`;
    case "table":
      return html`<table>${content}</table>`;
    case "thead":
      return html`<thead>${content}</thead>`;
    case "tbody":
      return html`<tbody>${content}</tbody>`;
    case "tr":
      return html`<tr>${content}</tr>`;
    case "th":
      return html`<th>${content}</th>`;
    case "td":
      return html`<td>${content}</td>`;
    default:
      return html`<div>${content}</div>`;
  }
}

function inline(token: Token, content: unknown): unknown {
  switch (token.tag) {
    case "strong":
      return html`<strong>${content}</strong>`;
    case "em":
      return html`<em>${content}</em>`;
    case "s":
      return html`<s>${content}</s>`;
    case "a": {
      const link = safeLink(String(token.attrGet("href") ?? ""));
      return link === null
        ? content
        : html`<a href=${link} target="_blank" rel="noopener noreferrer">${content}</a>`;
    }
    default:
      return content;
  }
}

/** Additional Resources: where to read more. Browser-safe: pure functions only. */
import type { Gap } from "./gap.ts";
import { renderTypedParts, type SectionPart, typedParts } from "./list-parts.ts";
import { withoutComments } from "./said.ts";

/** A link of its own line: `- [ATT&CK T1048](https://attack.mitre.org/techniques/T1048/)`. */
export interface Resource {
  readonly title: string;
  readonly url: string;
}

export type AdditionalResources = readonly SectionPart<Resource>[];

const LINE = /^\[([^[\]]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)$/;

/** Reads the section: items that are one link are typed, anything else is kept. */
export function parseAdditionalResources(body: string): AdditionalResources {
  return typedParts(body, ({ text, nested, marker }) => {
    const match = nested === "" && marker === "-" ? LINE.exec(text) : null;
    return match ? { title: match[1]!.trim(), url: match[2]! } : null;
  });
}

/** Writes the section; parses back to the same value. Brackets in a title and blanks in an address are replaced. */
export function renderAdditionalResources(section: AdditionalResources): string {
  return renderTypedParts(section, ({ title, url }) => ({
    marker: "-",
    text: `[${title.replaceAll("[", "(").replaceAll("]", ")").trim()}](${url.trim().replaceAll(/\s/g, "%20")})`,
    nested: "",
  }));
}

/** Every address that the section links to: `[text](address)`, `[name]: address`, `<address>` and bare ones. */
export function linkedAddresses(body: string): string[] {
  const text = withoutComments(body);
  const found: string[] = [];
  const rest = text
    .replaceAll(
      /!?\[[^[\]]*\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+["'(][^\n]*?)?\s*\)/g,
      (_, url: string) => {
        found.push(url);
        return " ";
      },
    )
    .replaceAll(/^ {0,3}\[[^\]\n]+\]:\s*<?(\S*?)>?(?:\s+["'(].*)?$/gm, (_, url: string) => {
      found.push(url);
      return " ";
    })
    .replaceAll(/<([a-z][a-z0-9+.-]{1,31}:[^\s<>]*)>/gi, (_, url: string) => {
      found.push(url);
      return " ";
    });
  for (const [url] of rest.matchAll(
    /\b(?:https?|mailto|ftp|file|javascript|data|vbscript):[^\s<>"'`\])|]*/gi,
  ))
    found.push(url.replace(/[.,;:!?]+$/, ""));
  return [...new Set(found)];
}

/** Why an address is no link that may be followed; null when it is one. Whether somebody answers there is not asked. */
export function addressFault(address: string): string | null {
  if (address === "") return "is empty";
  if (/[\s\\]/.test(address)) return "holds a blank or a backslash";
  if (/^\/(?:[^/\\]|$)/.test(address)) return null;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return "has no scheme such as https";
  if (scheme === "mailto") return /^mailto:[^@\s?]+@[^@\s?]+/i.test(address) ? null : "names no mailbox";
  if (scheme !== "http" && scheme !== "https") return `has the scheme ${scheme}, which is not followed`;
  if (!URL.canParse(address) || !/^https?:\/\//i.test(address)) return "is no complete address";
  const { hostname, username, password } = new URL(address);
  if (username !== "" || password !== "") return "carries a user name";
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$|^\[[0-9a-f:.]+\]$/i.test(hostname) ? null : "names no host";
}

/** Links that are not well formed; and that there is one at all. */
export function additionalResourceGaps(body: string): Gap[] {
  const addresses = linkedAddresses(body);
  if (addresses.length === 0)
    return [
      {
        message: "It links to nothing.",
        remedy: "Add a line such as `- [ATT&CK T1048](https://attack.mitre.org/techniques/T1048/)`.",
      },
    ];
  return addresses.flatMap((address) => {
    const fault = addressFault(address);
    return fault === null
      ? []
      : [
          {
            message: `The link "${address.slice(0, 100)}" ${fault}.`,
            remedy:
              "Write an address that begins with https:// or http://, mailto: with a mailbox, or a path of the workbench.",
          },
        ];
  });
}

/** Links that a rule begins with: one for each of its techniques, and the hunt that it came from. */
export function proposedResources(
  techniques: readonly string[],
  from: { readonly notebook: string } | null,
): Resource[] {
  return [
    ...techniques.map((id) => ({
      title: `ATT&CK ${id}`,
      url: `https://attack.mitre.org/techniques/${id.replace(".", "/")}/`,
    })),
    ...(from === null
      ? []
      : [{ title: `The hunt ${from.notebook}`, url: `/notebooks/${encodeURIComponent(from.notebook)}` }]),
  ];
}

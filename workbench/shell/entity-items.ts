import { kindsByForm } from "../../notebooks/entity/entity-form.ts";
import { entityHref, isEntityKind, KIND_TITLES } from "../entity/entity-address.ts";
import type { PaletteItem } from "./palette-match.ts";

/** What typing a value offers: `sure` goes before what else matches, `possible` after it. */
export interface EntityItems {
  readonly sure: readonly PaletteItem[];
  readonly possible: readonly PaletteItem[];
}

/**
 * "Everything about …" for a typed address, digest, URL, path, account or name. A single word may be a host or an account
 * as well as the name of a page, so it is only possible; `host:word` is sure.
 */
export function entityItems(typed: string): EntityItems {
  const text = typed.trim();
  const named = /^([a-z]+):\s*(.+)$/s.exec(text);
  const item = (kind: string, value: string): readonly PaletteItem[] =>
    isEntityKind(kind)
      ? [
          {
            kind: "entity",
            title: `Everything about ${value}`,
            detail: KIND_TITLES[kind].one,
            href: entityHref({ kind, value }),
          },
        ]
      : [];
  if (named && isEntityKind(named[1]!)) return { sure: item(named[1], named[2]!), possible: [] };
  const kinds = kindsByForm(text);
  const items = kinds.flatMap((kind) => item(kind, text));
  const word = /^[\p{L}\p{N}_-]+$/u.test(text) && kinds[0] !== "hash";
  return word ? { sure: [], possible: text.length >= 3 ? items : [] } : { sure: items, possible: [] };
}

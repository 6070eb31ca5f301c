import type { SpoorClient } from "../api/client.ts";
import { formatRoute } from "../route/route.ts";
import type { PaletteItem } from "./palette-match.ts";

/** What the palette offers before anything was fetched. */
export const STANDING_ITEMS: readonly PaletteItem[] = [
  { kind: "action", title: "Onboard a source", detail: "bring in data", href: "/onboard" },
  { kind: "action", title: "Discover logs", detail: "look through a folder", href: "/sources?tab=discover" },
  { kind: "action", title: "New hunt", detail: "start a notebook", href: "/hunts?new=1" },
  { kind: "action", title: "New rule", detail: "from SQL", href: "/rules?new=1" },
  { kind: "page", title: "Today", detail: "what needs me", href: "/today" },
  { kind: "page", title: "Sources", detail: "what data we have", href: "/sources" },
  { kind: "page", title: "Hunts", detail: "what we looked for", href: "/hunts" },
  { kind: "page", title: "Rules", detail: "what is watching", href: "/rules" },
  { kind: "page", title: "Alerts", detail: "what is open", href: "/alerts" },
  { kind: "page", title: "Risk", detail: "what each source is worth", href: "/risk" },
  {
    kind: "page",
    title: "Judgements",
    detail: "answer for the risk model, train calibration",
    href: "/risk/elicit",
  },
  { kind: "page", title: "Forecasts", detail: "how well we predict", href: "/forecasts" },
  { kind: "page", title: "Owners", detail: "who answers for what", href: "/owners" },
  { kind: "page", title: "Activity", detail: "who did what", href: "/activity" },
];

/** Everything with a name in this workspace. A list that fails to load leaves the others. */
export async function fetchItems(client: SpoorClient, signal: AbortSignal): Promise<readonly PaletteItem[]> {
  const lists = await Promise.allSettled<readonly PaletteItem[]>([
    client.catalog(signal).then((entries) =>
      entries.map(
        (entry): PaletteItem => ({
          kind: "dataset",
          title: entry.name,
          detail: entry.origin === "spoor" ? "kept by Spoor" : `source ${entry.source}`,
          href:
            entry.origin === "spoor"
              ? `/hunts?new=1&sql=${encodeURIComponent(`SELECT * FROM "${entry.name.replaceAll('"', '""')}"`)}`
              : formatRoute({ page: "source", name: entry.source }),
        }),
      ),
    ),
    client.notebooks(signal).then((notebooks) =>
      notebooks.map(
        (notebook): PaletteItem => ({
          kind: "hunt",
          title: notebook.title || notebook.name,
          detail: notebook.techniques.join(" "),
          href: formatRoute({ page: "notebook", name: notebook.name }),
        }),
      ),
    ),
    client.rules(signal).then((rules) =>
      rules.map(
        (rule): PaletteItem => ({
          kind: "rule",
          title: rule.title || rule.name,
          detail: `${rule.name} ${rule.stage}`,
          href: formatRoute({ page: "rule", name: rule.name }),
        }),
      ),
    ),
    client.alerts("open", signal).then((alerts) =>
      alerts.map(
        (alert): PaletteItem => ({
          kind: "alert",
          title: alert.sentence,
          detail: `${alert.severity} ${alert.rule}`,
          href: formatRoute({ page: "alert", name: alert.id }),
        }),
      ),
    ),
    client.owners(signal).then((owners) =>
      owners.map(
        (owner): PaletteItem => ({
          kind: "owner",
          title: owner.name,
          detail: owner.systems.join(", "),
          href: `/owners?filter=${encodeURIComponent(owner.name)}`,
        }),
      ),
    ),
  ]);
  return lists.flatMap((list) => (list.status === "fulfilled" ? list.value : []));
}

import { decodeEntityValue, encodeEntityValue } from "../../notebooks/entity/entity-path.ts";

/** Where in the workbench a path leads. `name` is the decoded last part (a source, notebook, rule or alert id). */
export type Route =
  | { readonly page: ListPage }
  | { readonly page: DetailPage; readonly name: string }
  | { readonly page: "entity"; readonly kind: string; readonly name: string }
  | { readonly page: "missing" };

export type ListPage =
  | "today"
  | "sources"
  | "onboard"
  | "hunts"
  | "rules"
  | "build"
  | "alerts"
  | "risk"
  | "elicit"
  | "forecasts"
  | "owners"
  | "activity";
export type DetailPage = "source" | "notebook" | "rule" | "promote" | "alert";

const LIST_PATHS: Readonly<Record<ListPage, string>> = {
  today: "/today",
  sources: "/sources",
  onboard: "/onboard",
  hunts: "/hunts",
  rules: "/rules",
  build: "/rules/build",
  alerts: "/alerts",
  risk: "/risk",
  elicit: "/risk/elicit",
  forecasts: "/forecasts",
  owners: "/owners",
  activity: "/activity",
};

const ENTITY_PATH = /^\/entity\/([a-z]+)\/([^/]+)$/;

const DETAIL_PATHS: Readonly<Record<DetailPage, { readonly before: string; readonly after: string }>> = {
  source: { before: "/sources/", after: "" },
  notebook: { before: "/notebooks/", after: "" },
  promote: { before: "/rules/", after: "/promote" },
  rule: { before: "/rules/", after: "" },
  alert: { before: "/alerts/", after: "" },
};

/** Reads the path of a URL (no query, no fragment). `/` is Today; a path that leads nowhere is `missing`. */
export function parseRoute(path: string): Route {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, "") : path;
  if (trimmed === "/" || trimmed === "") return { page: "today" };
  for (const [page, listPath] of Object.entries(LIST_PATHS)) {
    if (trimmed === listPath) return { page: page as ListPage };
  }
  for (const [page, { before, after }] of Object.entries(DETAIL_PATHS)) {
    if (!trimmed.startsWith(before) || !trimmed.endsWith(after)) continue;
    const name = decodeSegment(trimmed.slice(before.length, trimmed.length - after.length));
    if (name !== null) return { page: page as DetailPage, name };
  }
  const entity = ENTITY_PATH.exec(trimmed);
  const value = entity === null ? null : decodeSegment(entity[2]!);
  if (entity !== null && value !== null)
    return { page: "entity", kind: entity[1]!, name: decodeEntityValue(value) };
  return { page: "missing" };
}

/** The path of a page; `parseRoute` gives the same route back for any non-empty name. */
export function formatRoute(route: Exclude<Route, { page: "missing" }>): string {
  if (!("name" in route)) return LIST_PATHS[route.page];
  if (route.page === "entity") return `/entity/${route.kind}/${encodeEntityValue(route.name)}`;
  const { before, after } = DETAIL_PATHS[route.page];
  return `${before}${encodeURIComponent(route.name)}${after}`;
}

function decodeSegment(segment: string): string | null {
  if (segment === "" || segment.includes("/")) return null;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

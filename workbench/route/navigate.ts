/** Fired on `window` after the address changed by `navigate`; Back and Forward fire `popstate`. */
export const ADDRESS_CHANGED = "spoor-address-changed";

/** Goes to a path of the workbench (`/rules/x?tab=ads`) without loading the document again. */
export function navigate(path: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  window.dispatchEvent(new Event(ADDRESS_CHANGED));
}

/** One value of the address's query; empty when absent. */
export function queryValue(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? "";
}

/** Keeps a filter or a tab in the address, so that the view can be linked to. An empty value removes it. */
export function setQueryValue(name: string, value: string): void {
  const query = new URLSearchParams(location.search);
  if (value === "") query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  history.replaceState(null, "", `${location.pathname}${text === "" ? "" : `?${text}`}${location.hash}`);
}

/**
 * The path to go to when a click on a link stays inside the workbench; null when the browser should follow it
 * (another origin, a new tab, a download, the API).
 */
export function internalPath(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const anchor = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
  if (anchor?.target !== "" || anchor.hasAttribute("download")) return null;
  const url = new URL(anchor.href, location.href);
  if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return null;
  if (url.pathname === location.pathname && url.search === location.search && url.hash !== "") return null;
  return `${url.pathname}${url.search}${url.hash}`;
}

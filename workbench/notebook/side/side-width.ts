const KEY = "spoor-notebook-side-px";
export const NARROWEST_PX = 260;
export const WIDEST_PX = 760;

/** The width that a person gave the side of the notebook; null when nobody did. */
export function savedSideWidth(storage: Pick<Storage, "getItem">): number | null {
  const width = Number(storage.getItem(KEY) ?? Number.NaN);
  return Number.isFinite(width) && width > 0 ? boundedWidth(width) : null;
}

export function boundedWidth(widthPx: number): number {
  return Math.round(Math.min(Math.max(widthPx, NARROWEST_PX), WIDEST_PX));
}

/** Keeps the width; null for the usual one. */
export function saveSideWidth(
  storage: Pick<Storage, "setItem" | "removeItem">,
  widthPx: number | null,
): void {
  if (widthPx === null) storage.removeItem(KEY);
  else storage.setItem(KEY, String(boundedWidth(widthPx)));
}

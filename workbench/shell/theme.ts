export type Theme = "system" | "light" | "dark";

const KEY = "spoor-theme";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

/** The theme this browser was left in; the system's when never chosen. */
export function currentTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Makes the document follow the theme and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset.theme = theme;
  }
}

/** The one after this in the toggle's round. */
export function nextTheme(theme: Theme): Theme {
  return NEXT[theme];
}

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

export interface WalkOptions {
  /** `http://127.0.0.1:7717`, without a slash at the end. The page must be signed in already. */
  readonly origin: string;
  /** Paths to visit; `STANDING_PATHS` unless told. */
  readonly paths?: readonly string[];
  /** Called on each page once it shows its content: a place for a picture or for own checks. */
  readonly onPage?: (path: string, page: Page) => Promise<void>;
}

export interface PageFinding {
  readonly path: string;
  readonly kind: "console" | "exception" | "accessibility" | "overflow" | "failure";
  readonly text: string;
}

/** The pages that exist in every workspace. */
export const STANDING_PATHS: readonly string[] = [
  "/today",
  "/sources",
  "/sources?tab=discover",
  "/onboard",
  "/hunts",
  "/rules",
  "/alerts",
  "/alerts?tab=decided",
  "/risk",
  "/risk/elicit",
  "/forecasts",
  "/owners",
  "/activity",
];

/** The pages of the things that have a name in this workspace. */
export function namedPaths(names: {
  readonly sources?: readonly string[];
  readonly rules?: readonly string[];
  readonly alerts?: readonly string[];
}): readonly string[] {
  const encode = encodeURIComponent;
  return [
    ...(names.sources ?? []).flatMap((name) =>
      ["overview", "fields", "inputs", "quarantine", "events", "runbook", "definition"].map(
        (tab) => `/sources/${encode(name)}?tab=${tab}`,
      ),
    ),
    ...(names.rules ?? []).flatMap((name) => [
      `/rules/${encode(name)}/promote`,
      ...["overview", "detections", "alerts", "runs", "versions", "plan", "files"].map(
        (tab) => `/rules/${encode(name)}?tab=${tab}`,
      ),
    ]),
    ...(names.alerts ?? []).map((id) => `/alerts/${encode(id)}`),
  ];
}

/**
 * Opens every path in turn and returns what is wrong: console errors, exceptions, failures shown on the page, content
 * wider than the window, and violations that axe-core finds. An empty list means that all is well.
 */
export async function walkPages(page: Page, options: WalkOptions): Promise<readonly PageFinding[]> {
  const findings: PageFinding[] = [];
  let path = "";
  const note = (kind: PageFinding["kind"], text: string) => findings.push({ path, kind, text });
  const onConsole = (message: { type(): string; text(): string }) => {
    if (message.type() === "error") note("console", message.text());
  };
  const onException = (error: Error) => note("exception", error.message);
  page.on("console", onConsole);
  page.on("pageerror", onException);
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  try {
    for (path of options.paths ?? STANDING_PATHS) {
      await page.goto(`${options.origin}${path}`);
      await page.locator("main h1").first().waitFor();
      await page.locator("main .skeleton").first().waitFor({ state: "detached" });
      for (const text of await page.locator("main .failure").allInnerTexts()) note("failure", text);
      for (const text of await tooWide(page)) note("overflow", text);
      for (const text of await violations(page, axe)) note("accessibility", text);
      await options.onPage?.(path, page);
    }
  } finally {
    page.off("console", onConsole);
    page.off("pageerror", onException);
  }
  return findings;
}

async function violations(page: Page, axe: string): Promise<readonly string[]> {
  return page.evaluate(async (source) => {
    type Axe = {
      run(
        root: Document,
      ): Promise<{ violations: { id: string; help: string; nodes: { target: unknown }[] }[] }>;
    };
    const loaded = new Function(`${source}; return axe;`)() as Axe;
    const { violations } = await loaded.run(document);
    return violations.map(
      ({ id, help, nodes }) => `${id}: ${help} at ${nodes.map(({ target }) => String(target)).join(", ")}`,
    );
  }, axe);
}

/** The innermost elements that make the document wider than the window; none when it is not. */
async function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= window.innerWidth) return [];
    const wide = [...document.querySelectorAll("main *")].filter(
      (element) =>
        element.getBoundingClientRect().right > window.innerWidth &&
        element.closest(".table-scroll") === null,
    );
    const innermost = wide.filter(
      (element) => !wide.some((other) => other !== element && element.contains(other)),
    );
    return innermost
      .slice(0, 5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className} is too wide`);
  });
}

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { type NotebookCell, newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { newHunt, withHunt } from "../../notebooks/hunt/hunt-record.ts";
import type { NotebookFile } from "../../server/api/api.ts";
import type { NotebookCellView } from "../../workbench/notebook/notebook-cell.ts";
import { type RunningServer, startServer } from "../server/running-server.ts";

const PICTURES = join(import.meta.dirname, "..", "..", ".artefacts", "screens");

export type GivenCell = Partial<NotebookCell> & { readonly id: number };

/** A small workspace with one dataset of 600 process starts, and notebooks in it. */
export class NotebookWorkspace {
  readonly server: RunningServer;
  readonly #folder: string;
  #count = 0;

  private constructor(server: RunningServer, folder: string) {
    this.server = server;
    this.#folder = folder;
  }

  static async start(): Promise<NotebookWorkspace> {
    mkdirSync(PICTURES, { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), "spoor-notebook-"));
    const server = await startServer(join(folder, "workspace"), ["--empty"]);
    await server.upload("process_creation", events());
    return new NotebookWorkspace(server, folder);
  }

  /** Where the workspace's own files lie. */
  get directory(): string {
    return join(this.#folder, "workspace");
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Saves a new notebook; cells in `demand` run on demand. Returns its name. */
  async add(cells: readonly GivenCell[], demand: readonly number[] = []): Promise<string> {
    this.#count += 1;
    const name = `hunt-${this.#count}`;
    let notebook = newNotebook({
      title: "Remote services",
      cells: cells.map((cell) => newCell({ pinned: true, ...cell })),
    });
    if (demand.length > 0) {
      const cellSettings = Object.fromEntries(demand.map((id) => [String(id), { run: "demand" as const }]));
      notebook = withHunt(notebook, newHunt({ cellSettings }));
    }
    await this.server.json(`/api/notebooks/${name}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ html: serializeNotebook(notebook), baseRevision: null }),
    });
    return name;
  }

  /** Texts of the cells as they are saved, the hunt record aside. */
  async saved(name: string): Promise<string[]> {
    const { html } = await this.server.json<NotebookFile>(`/api/notebooks/${name}`);
    return parseNotebook(html)
      .cells.map(({ value }) => value)
      .filter((value) => !value.startsWith("<!-- spoor-hunt"));
  }

  async open(page: Page, name: string, search = ""): Promise<void> {
    await page.goto(`${this.server.url}/notebooks/${name}${search}`);
    await page.locator("spoor-notebook-cell").first().waitFor();
    while (!page.frames().some((frame) => frame.url().endsWith("/frame/"))) await page.waitForTimeout(20);
  }
}

/** Texts of the cells as the page shows them, in order. */
export function shownCells(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<NotebookCellView>("spoor-notebook-cell")].map(({ cell }) => cell.value),
  );
}

export function cellPhase(page: Page, id: number): Promise<string> {
  return page.evaluate(
    (cell) =>
      document.querySelector<NotebookCellView>(`spoor-notebook-cell[data-cell="${cell}"]`)!.state.phase,
    id,
  );
}

/** Waits until a cell has this phase and no query of it runs. */
export async function reached(page: Page, id: number, phase: string): Promise<void> {
  await page.waitForFunction(
    ([cell, wanted]) => {
      const view = document.querySelector<NotebookCellView>(`spoor-notebook-cell[data-cell="${cell}"]`);
      return view?.state.phase === wanted && view.state.query === null;
    },
    [id, phase] as const,
  );
}

/** A picture at both sizes and themes: `.artefacts/screens/<name>-<width>-<theme>.png`. */
export async function picture(page: Page, name: string): Promise<void> {
  const size = page.viewportSize();
  for (const [width, height, theme] of [
    [1280, 900, "light"],
    [1920, 1080, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(PICTURES, `${name}-${width}-${theme}.png`) });
  }
  if (size) await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: "light" });
}

/** What axe finds on the page, as short texts. */
export async function accessibilityIssues(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 160)}`);
  });
}

function events(): string {
  const images = [
    "C:\\Windows\\System32\\cmd.exe",
    "C:\\Windows\\explorer.exe",
    "C:\\Program Files\\App\\app.exe",
  ];
  return Array.from({ length: 600 }, (_, at) =>
    JSON.stringify({
      UtcTime: new Date(Date.UTC(2026, 0, 5) + at * 60_000).toISOString(),
      Computer: `WS-${String(at % 7).padStart(2, "0")}.corp.example`,
      User: at % 5 === 0 ? "SYSTEM" : `user${at % 11}`,
      Image: images[at % 3],
      CommandLine: at % 50 === 0 ? "powershell -enc SQBFAFgA" : `cmd /c echo ${at}`,
      ProcessId: at * 4,
    }),
  ).join("\n");
}

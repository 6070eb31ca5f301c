import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Locator } from "playwright-core";
import { newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import type { LoadReport } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { corpus } from "../corpora.ts";
import { startServer } from "../server/running-server.ts";

interface KnownFinding {
  readonly id: string;
  readonly dataset: string;
  readonly duckdb_sql: string;
  readonly expected_rows: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const hunts = corpus("hunts");
const mordor = corpus("mordor");
const skip = withoutChromium || (hunts === null || mordor === null ? "the shared corpora are absent" : false);
const folder = mkdtempSync(join(tmpdir(), "spoor-findings-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a person reads: control characters and runs of blanks look like one blank. */
const readable = (value: unknown) =>
  String(value)
    .replaceAll(/[\p{Cc}\s⏎␍␊↵]+/gu, " ")
    .trim();

/** What a table shows of all its columns: only those in view are in the document. */
async function allColumns(grid: Locator): Promise<string> {
  const texts = await grid.evaluate(async (element) => {
    const seen: string[] = [];
    for (let left = 0; left < element.scrollWidth; left += element.clientWidth / 2) {
      element.scrollLeft = left;
      for (let frames = 0; frames < 3; frames += 1) await new Promise(requestAnimationFrame);
      seen.push(...[...element.querySelectorAll("td")].map((cell) => cell.title || cell.textContent || ""));
    }
    return seen;
  });
  return readable(texts.join(" "));
}

test("a notebook's cells show the known findings, row by row", { skip, timeout: 180_000 }, async () => {
  const findings = (
    JSON.parse(readFileSync(join(hunts!, "known_findings.json"), "utf8")) as KnownFinding[]
  ).filter(({ id }) => id.startsWith("K"));
  assert.ok(findings.length > 5);
  const server = await startServer(join(folder, "workspace"), ["--empty"]);
  for (const { id, dataset } of findings) {
    await server.job<LoadReport>("/api/sources", { name: id.toLowerCase(), paths: [join(mordor!, dataset)] });
  }
  const cells = findings.map(({ id, duckdb_sql }, index) =>
    newCell({
      id: index + 1,
      mode: "sql",
      value: duckdb_sql.replace(/\bFROM (dataTable|t|records)\b/, `FROM ${id.toLowerCase()}`),
    }),
  );
  await server.json("/api/notebooks/known-findings", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ html: serializeNotebook(newNotebook({ title: "Known findings", cells })) }),
  });
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1920, height: 1200 } });
  await page.goto(server.signIn);
  await page.goto(`${server.url}/notebooks/known-findings`);
  const handle = await page.locator("iframe").first().elementHandle();
  const frame = (await handle!.contentFrame())!;
  for (const [index, finding] of findings.entries()) {
    const cell = page.locator(`spoor-notebook-cell[data-cell='${index + 1}']`);
    await cell.scrollIntoViewIfNeeded();
    const output = frame.locator(`.output[data-cell='${index + 1}']`);
    await output
      .getByText(new RegExp(`^${finding.expected_rows.toLocaleString("en-US")} rows?$`))
      .waitFor({ timeout: 30_000 });
    await output.locator("td").first().waitFor();
    const shown = await allColumns(output.locator(".grid"));
    for (const row of finding.rows) {
      for (const [name, value] of Object.entries(row)) {
        assert.ok(
          shown.includes(readable(value)),
          `${finding.id} shows ${name} = ${readable(value)} in ${shown}`,
        );
      }
    }
  }
  await browser.close();
  await server.stop();
});

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseNotebook } from "../document/notebook-html.ts";
import { type HuntTemplate, templateOf } from "./template.ts";

const FOLDER = fileURLToPath(new URL("./hunts/", import.meta.url));
let known: readonly HuntTemplate[] | null = null;

/** Every shipped hunt, by name. Reads the product's own folder, once. */
export function shippedTemplates(): readonly HuntTemplate[] {
  known ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith(".html"))
    .sort()
    .map((file) => templateOf(file.slice(0, -5), parseNotebook(readFileSync(`${FOLDER}${file}`, "utf8"))));
  return known;
}

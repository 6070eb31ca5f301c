import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { ImportText } from "../rule/exchange-types.ts";
import { UsageError } from "./exit.ts";

/** Every YAML file under a path, named by where it lies. */
export function textsOf(path: string): ImportText[] {
  if (!existsSync(path)) throw new UsageError(`There is no ${path}.`);
  if (!statSync(path).isDirectory()) return [{ place: basename(path), text: readFileSync(path, "utf8") }];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ place: relative(path, file), text: readFileSync(file, "utf8") }));
}

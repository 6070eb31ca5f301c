import { snakeCase } from "./change-values.ts";
import type { Transformation } from "./pipeline.ts";

/** What a name becomes: null when the transformation renames nothing or does not know the name. */
export function renamed(name: string, change: Transformation): readonly string[] | null {
  switch (change.type) {
    case "field_name_mapping":
      return change.mapping.get(name) ?? null;
    case "field_name_prefix_mapping":
      for (const [prefix, others] of change.mapping)
        if (name.startsWith(prefix)) return others.map((other) => other + name.slice(prefix.length));
      return null;
    case "field_name_prefix":
      return [change.text + name];
    case "field_name_suffix":
      return [name + change.text];
    case "field_name_transform":
      return change.mapping.get(name) ?? [inForm(name, change.method)];
    default:
      return null;
  }
}

function inForm(name: string, method: "lower_case" | "upper_case" | "title_case" | "snake_case"): string {
  if (method === "lower_case") return name.toLowerCase();
  if (method === "upper_case") return name.toUpperCase();
  if (method === "snake_case") return snakeCase(name);
  return name
    .toLowerCase()
    .replaceAll(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** Which entities a value of a result may name. Browser-safe: pure functions only. */
import type { EntityKind } from "../../connectors/source/source.ts";
import { type EntityDataset, entityFieldsOf } from "./entity-fields.ts";
import { hashIn, kindsByForm } from "./entity-form.ts";
import { kindsByName } from "./field-kinds.ts";

/** An entity that a value may name. */
export interface EntityGuess {
  readonly kind: EntityKind;
  /** The value to ask for: a list of hashes became its strongest digest. */
  readonly value: string;
  /** What says so: a source's declaration, the column's name together with or without the form, the form alone. */
  readonly because: "declared" | "name" | "form";
}

/**
 * The entities that `value` may name, best first; empty when it names none.
 *
 * A source's declaration for a column of this name wins, then kinds that both the column's name and the value's form
 * suggest, then the form alone; a name whose form contradicts it (an address in a column `host`) comes after the form.
 *
 * @param column name or path of the value's column in the result
 * @param type DuckDB's type of the column; only texts, JSON texts and lists of them name entities
 * @param datasets names of the datasets that the result was read from; none means any of the catalog
 */
export function entityKindsOf(
  value: string | null,
  column: string,
  type: string,
  datasets: readonly string[],
  catalog: readonly EntityDataset[],
): EntityGuess[] {
  if (value === null || /^(?:BOOLEAN|DATE|TIME|INTERVAL|BLOB|DOUBLE|FLOAT|DECIMAL)/i.test(type)) return [];
  const text = value.trim().replace(/^"(.*)"$/s, "$1");
  const byForm = kindsByForm(text);
  if (text === "" || text === "-" || text.length > 4096) return [];
  const asked = new Set(datasets.map((name) => name.toLowerCase()));
  const wanted = column.toLowerCase();
  const last = wanted.slice(wanted.lastIndexOf(".") + 1);
  const declared: EntityKind[] = [];
  const weaker: EntityKind[] = [];
  for (const dataset of catalog) {
    if (asked.size > 0 && !asked.has(dataset.name.toLowerCase())) continue;
    for (const field of entityFieldsOf(dataset)) {
      if (!field.declared) continue;
      const path = field.path.toLowerCase();
      if (path === wanted) declared.push(field.kind);
      else if (path.slice(path.lastIndexOf(".") + 1) === last) weaker.push(field.kind);
    }
  }
  const byName = kindsByName(column);
  const fits = (kind: EntityKind) => byForm.includes(kind);
  const guesses: EntityGuess[] = [];
  const put = (kinds: Iterable<EntityKind>, because: EntityGuess["because"]) => {
    for (const kind of kinds) {
      if (guesses.some((guess) => guess.kind === kind)) continue;
      const named = kind === "hash" ? (hashIn(text) ?? text) : text;
      guesses.push({ kind, value: named, because });
    }
  };
  put(declared.filter(fits), "declared");
  if (byForm[0] !== "ip" && byForm[0] !== "hash") put(declared, "declared");
  put(weaker.filter(fits), "declared");
  put(byName.filter(fits), "name");
  put(byForm, "form");
  put([...declared, ...weaker], "declared");
  put(byName, "name");
  return guesses.filter(({ kind, value: named }) => plausible(kind, named));
}

/** What a kind's values can never be. */
function plausible(kind: EntityKind, value: string): boolean {
  if (kind === "ip") return /^[0-9a-f.:%]+/i.test(value) && /[.:]/.test(value);
  if (kind === "hash") return /^[0-9a-f]{8,}$/i.test(value);
  return true;
}

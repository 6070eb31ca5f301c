import { createHash } from "node:crypto";
import type { TreeNode } from "../../../notebooks/engine/syntax-tree.ts";
import { replaced, type SqlTrees } from "../sql-tree.ts";
import { conditionVariants } from "./condition-variants.ts";
import { patternVariants } from "./pattern-variants.ts";
import { structureVariants } from "./structure-variants.ts";
import { valueVariants } from "./value-variants.ts";
import { type MutationKind, placesOf, type Variant } from "./variant.ts";

/** A broken variant of a rule's SQL. */
export interface Mutant {
  /** Made from its SQL: the same variant has the same id at every run. */
  readonly id: string;
  readonly kind: MutationKind;
  readonly what: string;
  readonly sql: string;
  /** The expression that was changed or dropped. */
  readonly changed: TreeNode;
}

export interface Mutants {
  readonly mutants: readonly Mutant[];
  /** How many variants there are; more than `mutants` where only a part was taken. */
  readonly possible: number;
  /** The SELECT itself as DuckDB writes it, to be compared with the variants. */
  readonly original: string;
}

/**
 * The broken variants of a SELECT: from DuckDB's own tree of it, one change each, in the order of the text. Of more than
 * `maximum` a part is taken that is spread over all of them and over every kind. Throws QueryError when the SQL does not
 * parse; a variant that DuckDB cannot write back is left out.
 */
export async function mutantsOf(sql: string, trees: SqlTrees, maximum: number): Promise<Mutants> {
  const { tree } = await trees.parse(sql);
  const variants = variantsOf(tree);
  const original = await trees.write(tree);
  const mutants = new Map<string, Mutant>();
  for (const { kind, what, path, by, changed } of spread(variants, maximum)) {
    const text = await trees.write(replaced(tree, path, by) as TreeNode).catch(() => null);
    if (text === null || text === original || mutants.has(text)) continue;
    const id = createHash("sha256").update(text).digest("hex").slice(0, 12);
    mutants.set(text, { id, kind, what, sql: text, changed });
  }
  return { mutants: [...mutants.values()], possible: variants.length, original };
}

/** Every single change, each expression once. */
function variantsOf(tree: TreeNode): Variant[] {
  return [...placesOf(tree.statements, ["statements"])].flatMap((place) => [
    ...conditionVariants(place),
    ...valueVariants(place),
    ...patternVariants(place),
    ...structureVariants(place),
  ]);
}

/** At most so many, each kind in turn and the members of a kind evenly apart; in their old order. */
function spread(variants: readonly Variant[], maximum: number): readonly Variant[] {
  if (variants.length <= maximum) return variants;
  const kinds = new Map<MutationKind, Variant[]>();
  for (const variant of variants) kinds.set(variant.kind, [...(kinds.get(variant.kind) ?? []), variant]);
  const chosen = new Set<Variant>();
  let room = maximum;
  const groups = [...kinds.values()].sort((left, right) => left.length - right.length);
  for (const [at, group] of groups.entries()) {
    const share = Math.min(group.length, Math.floor(room / (groups.length - at)));
    for (let taken = 0; taken < share; taken += 1)
      chosen.add(group[Math.floor((taken * group.length) / share)]!);
    room -= share;
  }
  return variants.filter((variant) => chosen.has(variant));
}

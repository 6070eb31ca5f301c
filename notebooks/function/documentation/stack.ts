import type { HuntFunction } from "../hunt-function.ts";

export const STACK_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "stack_count",
    signature: "stack_count(value ANY) -> BIGINT",
    summary: "How many rows of the query have this value: stack counting without losing the rows.",
    example: "stack_count(image)",
    result: "3 for each of the three rows with that image",
    kind: "window",
  },
  {
    name: "stack_share",
    signature: "stack_share(value ANY) -> DOUBLE",
    summary: "The share of the query's rows that have this value, 0 to 1.",
    example: "stack_share(image)",
    result: "0.75 when three of four rows have that image",
    kind: "window",
  },
  {
    name: "rarity",
    signature: "rarity(value ANY) -> DOUBLE",
    summary:
      "Bits of surprise in a value: minus log2 of its share. 0 is in every row, 10 in one of about a thousand.",
    example: "rarity(image)",
    result: "2.0 when one of four rows has that image",
    kind: "window",
  },
  {
    name: "parent_child_rarity",
    signature: "parent_child_rarity(parent ANY, child ANY) -> DOUBLE",
    summary:
      "How unusual a child is for its parent: the share of the parent's rows with another child, 0 to just below 1. Ask for stack_count(parent) too: a parent seen once says nothing.",
    example: "parent_child_rarity(parent_image, image)",
    result: "0.75 when one of the parent's four rows has that child",
    kind: "window",
  },
  {
    name: "first_seen",
    signature: "first_seen(value ANY, at TIMESTAMP) -> TIMESTAMP",
    summary: "When the query's rows show this value for the first time.",
    example: "first_seen(image, _time)",
    result: "the earliest _time among the rows with that image",
    kind: "window",
  },
  {
    name: "is_first_seen",
    signature: "is_first_seen(value ANY, at TIMESTAMP) -> BOOLEAN",
    summary:
      "Whether this row is the first with its value (all of them when several share the instant). Filter with QUALIFY.",
    example: "is_first_seen(image, _time)",
    result: "true for the earliest row with that image",
    kind: "window",
  },
];

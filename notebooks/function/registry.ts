import { BEACON_FUNCTIONS } from "./documentation/beacon.ts";
import { DECODE_FUNCTIONS } from "./documentation/decode.ts";
import { DOMAIN_FUNCTIONS } from "./documentation/domain.ts";
import { INDICATOR_FUNCTIONS } from "./documentation/indicator.ts";
import { IP_FUNCTIONS } from "./documentation/ip.ts";
import { STACK_FUNCTIONS } from "./documentation/stack.ts";
import { TEXT_FUNCTIONS } from "./documentation/text.ts";
import type { HuntFunction } from "./hunt-function.ts";

export type { HuntFunction } from "./hunt-function.ts";

/** Hunt functions by what they are for. Browser-safe. */
export const HUNT_FUNCTION_GROUPS: readonly {
  readonly title: string;
  readonly functions: readonly HuntFunction[];
}[] = [
  { title: "Decode", functions: DECODE_FUNCTIONS },
  { title: "Indicators", functions: INDICATOR_FUNCTIONS },
  { title: "Domains", functions: DOMAIN_FUNCTIONS },
  { title: "Addresses", functions: IP_FUNCTIONS },
  { title: "Rarity and first seen", functions: STACK_FUNCTIONS },
  { title: "Beacons", functions: BEACON_FUNCTIONS },
  { title: "Text, commands and paths", functions: TEXT_FUNCTIONS },
];

/** Every hunt function, the same in SQL and (in camel case, of the object `hunt`) in JavaScript cells. Browser-safe. */
export const HUNT_FUNCTIONS: readonly HuntFunction[] = HUNT_FUNCTION_GROUPS.flatMap(
  ({ functions }) => functions,
);

/** Names of hunt functions whose value depends on other rows than their own, in lower case. */
export const ROW_JOINING_FUNCTIONS: ReadonlySet<string> = new Set(
  HUNT_FUNCTIONS.filter(({ kind }) => kind === "window" || kind === "aggregate").map(({ name }) => name),
);

/** `decode_base64` is `decodeBase64` in JavaScript. */
export function javascriptName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

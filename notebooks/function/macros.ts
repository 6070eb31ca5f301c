import { ASCII_MACROS } from "./ascii.ts";
import { BEACON_MACROS } from "./beacon.ts";
import { DECODE_MACROS } from "./decode.ts";
import { DOMAIN_MACROS } from "./domain.ts";
import type { HuntMacro } from "./hunt-function.ts";
import { INDICATOR_MACROS } from "./indicator.ts";
import { IP_MACROS } from "./ip.ts";
import { publicSuffixMacros } from "./public-suffix-rules.ts";
import { STACK_MACROS } from "./stack.ts";
import { TEXT_MACROS } from "./text.ts";

const MACROS: ReadonlyMap<string, HuntMacro> = new Map(
  [
    ...ASCII_MACROS,
    ...BEACON_MACROS,
    ...DECODE_MACROS,
    ...DOMAIN_MACROS,
    ...INDICATOR_MACROS,
    ...IP_MACROS,
    ...STACK_MACROS,
    ...TEXT_MACROS,
  ].map((macro) => [macro.name, macro]),
);

let suffixMacros: readonly HuntMacro[] | null = null;

function macroNamed(name: string): HuntMacro | undefined {
  const known = MACROS.get(name);
  if (known !== undefined) return known;
  suffixMacros ??= publicSuffixMacros();
  return suffixMacros.find((macro) => macro.name === name);
}

/** Functions of a statement, in lower case, that are hunt functions and all that they are made of, needs first. */
export function huntMacrosOf(functionNames: Iterable<string>): readonly HuntMacro[] {
  const ordered = new Map<string, HuntMacro>();
  const visit = (name: string): void => {
    const macro = macroNamed(name);
    if (macro === undefined || ordered.has(name)) return;
    for (const need of macro.needs) visit(need);
    ordered.set(name, macro);
  };
  for (const name of functionNames) if (MACROS.has(name)) visit(name);
  return [...ordered.values()];
}

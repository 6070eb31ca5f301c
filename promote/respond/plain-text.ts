const SHOWN_LENGTH = 80;

/**
 * One value from data as a short quoted text for a sentence: control, line-break and direction-changing characters
 * become spaces, double quotes become single ones, and what is longer than 80 characters is cut.
 */
export function quotedValue(value: string): string {
  const plain = value
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll('"', "'")
    .trim();
  const characters = [...plain];
  const shown = characters.length > SHOWN_LENGTH ? `${characters.slice(0, SHOWN_LENGTH).join("")}…` : plain;
  return `"${shown}"`;
}

/** `Title: host "WS-1", account "CORP\bob".` Entities without a value are left out. */
export function alertSentence(title: string, entities: Readonly<Record<string, string>>): string {
  const head = quotedValue(title).slice(1, -1);
  const parts = Object.entries(entities)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${quotedValue(name.replaceAll("_", " ")).slice(1, -1)} ${quotedValue(value)}`);
  return parts.length === 0 ? `${head}.` : `${head}: ${parts.join(", ")}.`;
}

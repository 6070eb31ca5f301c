/** What the text of sound JSON says beyond its value. */
export interface TextSurvey {
  /** Keys of all objects, repeated ones each time. */
  readonly keyCount: number;
  /** Whether a number's text says more than its value: a fraction, an exponent, or more than 15 digits. */
  readonly hasTellingNumber: boolean;
}

const QUOTE = 34;
const COLON = 58;
const POINT = 46;
const LONGEST_PLAIN_DIGITS = 15;

/** Looks through JSON text that `JSON.parse` has accepted. Strings are passed over. */
export function surveyText(text: string): TextSurvey {
  let keyCount = 0;
  let digits = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at) + 1;
      digits = 0;
      continue;
    }
    if (code >= 48 && code <= 57) {
      digits += 1;
      if (digits > LONGEST_PLAIN_DIGITS) return { keyCount, hasTellingNumber: true };
    } else {
      if (code === COLON) keyCount += 1;
      else if (code === POINT || (digits > 0 && (code === 69 || code === 101))) {
        return { keyCount, hasTellingNumber: true };
      }
      digits = 0;
    }
    at += 1;
  }
  return { keyCount, hasTellingNumber: false };
}

/** Where the string that begins at `from` ends. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
  return slashes % 2 === 1;
}

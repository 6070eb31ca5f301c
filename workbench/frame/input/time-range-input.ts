import { changed, type InputElement, inputForm } from "./input-form.ts";

/** From and until, both UTC; `${range.from}` in SQL is a TIMESTAMP. */
export interface TimeRange {
  readonly from: Date;
  readonly until: Date;
}

export interface TimeRangeOptions {
  readonly label?: string;
  /** Dates, or ISO texts in UTC. Without them: the last seven days. */
  readonly value?: { readonly from: Date | string; readonly until: Date | string };
}

const DAY_MS = 86_400_000;
const SPANS = [
  ["1 hour", 3_600_000],
  ["1 day", DAY_MS],
  ["7 days", 7 * DAY_MS],
  ["30 days", 30 * DAY_MS],
  ["1 year", 365 * DAY_MS],
] as const;

/**
 * `Inputs.timeRange({label, value})`: two instants in UTC and spans that end where the range ends. Throws when a given
 * instant is none.
 */
export function timeRangeInput(options: TimeRangeOptions = {}): InputElement<TimeRange> {
  const { form, controls } = inputForm(options.label ?? "Time");
  const field = (name: string) => {
    const input = document.createElement("input");
    input.type = "text";
    input.className = "instant";
    input.placeholder = "2026-01-31 00:00:00";
    input.spellcheck = false;
    input.autocomplete = "off";
    input.setAttribute("aria-label", `${name} (UTC)`);
    return input;
  };
  const from = field("From");
  const until = field("Until");
  const between = document.createElement("span");
  between.textContent = "to";
  const zone = document.createElement("span");
  zone.className = "input-note";
  zone.textContent = "UTC";
  const spans = document.createElement("select");
  spans.setAttribute("aria-label", "Span before the end");
  spans.append(new Option("last …", ""), ...SPANS.map(([name, ms]) => new Option(name, String(ms))));
  controls.append(from, between, until, zone, spans);
  let value: TimeRange;
  const show = () => {
    from.value = shown(value.from);
    until.value = shown(value.until);
  };
  const set = (range: { readonly from: Date | string; readonly until: Date | string }) => {
    value = { from: instantOf(range.from), until: instantOf(range.until) };
    show();
  };
  const now = new Date();
  now.setUTCSeconds(0, 0);
  set(options.value ?? { from: new Date(now.getTime() - 7 * DAY_MS), until: now });
  const read = () => {
    const next = { from: parsed(from.value), until: parsed(until.value) };
    from.setCustomValidity(next.from ? "" : "An instant in UTC: 2026-01-31 or 2026-01-31 12:00:00");
    until.setCustomValidity(
      !next.until
        ? "An instant in UTC: 2026-01-31 or 2026-01-31 12:00:00"
        : next.from && next.from > next.until
          ? "The end lies before the start."
          : "",
    );
    if (!form.reportValidity() || !next.from || !next.until) return;
    const same =
      next.from.getTime() === value.from.getTime() && next.until.getTime() === value.until.getTime();
    if (same) return;
    value = { from: next.from, until: next.until };
    show();
    changed(form);
  };
  // The fields' own events are not the input's: it speaks when both instants make a range.
  for (const control of [from, until]) {
    control.addEventListener("input", (event) => event.stopPropagation());
    control.addEventListener("change", read);
  }
  form.addEventListener("submit", read);
  spans.addEventListener("input", (event) => event.stopPropagation());
  spans.addEventListener("change", () => {
    if (spans.value === "") return;
    value = { from: new Date(value.until.getTime() - Number(spans.value)), until: value.until };
    spans.value = "";
    show();
    changed(form);
  });
  return Object.defineProperty(form, "value", {
    get: () => value,
    set,
  }) as unknown as InputElement<TimeRange>;
}

function instantOf(given: Date | string): Date {
  const instant = typeof given === "string" ? parsed(given) : new Date(given);
  if (!instant || Number.isNaN(instant.getTime()))
    throw new TypeError(`Inputs.timeRange: “${String(given)}” is no instant.`);
  return instant;
}

/** A text without a zone is UTC. */
function parsed(text: string): Date | null {
  const plain = text.trim().replace(" ", "T");
  const zoned = /T.*(Z|[+-]\d\d:?\d\d)$/.test(plain) || !plain.includes("T") ? plain : `${plain}Z`;
  const instant = new Date(zoned);
  return /^\d{4}-\d\d-\d\d/.test(plain) && !Number.isNaN(instant.getTime()) ? instant : null;
}

function shown(instant: Date): string {
  return instant.toISOString().slice(0, 19).replace("T", " ");
}

/** A cron expression in words, where it is a common one. Browser-safe: pure functions only. */
import { codeSpan } from "../code-span.ts";

/** `0 * * * *` -> "every hour"; one without words is quoted as it stands. */
export function cronWords(cron: string): string {
  const [minute = "", hour = "", day = "", month = "", weekday = "", ...more] = cron.trim().split(/\s+/);
  const daily = day === "*" && month === "*" && weekday === "*" && more.length === 0;
  const every = /^\*\/(\d+)$/.exec(minute)?.[1];
  const at = /^\d{1,2}$/.test(minute) ? minute.padStart(2, "0") : null;
  const quoted = codeSpan(cron);
  if (!daily) return `at ${quoted}`;
  if (minute === "*" && hour === "*") return `every minute, ${quoted}`;
  if (every && hour === "*") return `every ${every} minutes, ${quoted}`;
  if (at && hour === "*") return `every hour at minute ${Number(at)}, ${quoted}`;
  const everyHours = /^\*\/(\d+)$/.exec(hour)?.[1];
  if (at && everyHours) return `every ${everyHours} hours at minute ${Number(at)}, ${quoted}`;
  if (at && /^\d{1,2}$/.test(hour)) return `every day at ${hour.padStart(2, "0")}:${at}, ${quoted}`;
  return `at ${quoted}`;
}

import * as Plot from "@observablehq/plot";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Labels of the ticks of a time axis in UTC with a clock of 24 hours: the hour, or the day at midnight; the first tick and
 * each new day also say the day, the first also the year.
 */
export function utcTick(date: Date, index: number, dates: readonly Date[]): string {
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  const year = String(date.getUTCFullYear());
  const before = index > 0 ? dates[index - 1] : undefined;
  const isNewYear = before === undefined || before.getUTCFullYear() !== date.getUTCFullYear();
  if (dates.every((one) => one.getTime() % 86_400_000 === 0)) return isNewYear ? `${day}\n${year}` : day;
  const iso = date.toISOString();
  const step = dates.length > 1 ? dates[1]!.getTime() - dates[0]!.getTime() : 60_000;
  const clock = step < 1000 ? iso.slice(11, 23) : step < 60_000 ? iso.slice(11, 19) : iso.slice(11, 16);
  const isNewDay =
    before === undefined ||
    Math.floor(before.getTime() / 86_400_000) !== Math.floor(date.getTime() / 86_400_000);
  if (!isNewDay) return clock;
  return `${clock}\n${day}${isNewYear ? ` ${year}` : ""}`;
}

/** A time axis whose labels have room in a drawing of this width; the year is said where it has room too. */
export function utcAxis(width: number, withYear = true): Plot.Markish {
  return Plot.axisX({
    ticks: Math.max(2, Math.floor(width / 110)),
    tickSize: 4,
    label: null,
    tickFormat: ((date: Date, index: number, dates: readonly Date[]) =>
      withYear
        ? utcTick(date, index, dates)
        : utcTick(date, index, dates).replace(/(\n\d+ \w+) \d{4}$|\n\d{4}$/, "$1")) as never,
  });
}

import type { ChangeRow, RiskReport } from "./report-value.ts";

/** Figures that moved by more than 1% since the last report, and the assumptions that moved with them. */
export function changesSince(previous: RiskReport, report: RiskReport): ChangeRow[] {
  const old = new Map(previous.assumptions.map((row) => [row.name, row]));
  const moved = report.assumptions.flatMap((row) => {
    const before = old.get(row.name);
    if (!before) return [{ name: row.name, text: `${row.name} is new` }];
    if (
      Math.abs(before.mean - row.mean) <= 1e-9 * Math.max(1, Math.abs(row.mean)) &&
      before.origin === row.origin
    )
      return [];
    const origin = before.origin === row.origin ? "" : `, now ${row.origin}`;
    return [{ name: row.name, text: `${row.name} ${short(before.mean)} to ${short(row.mean)}${origin}` }];
  });
  const because = (touches: (name: string) => boolean): string => {
    const reasons = moved.filter((one) => touches(one.name)).map((one) => one.text);
    if (reasons.length > 0) return reasons.slice(0, 4).join("; ");
    return moved.length > 0 ? "other inputs moved" : "sources, costs or structure changed";
  };
  const rows: ChangeRow[] = [];
  const compare = (figure: string, before: number, after: number, why: string): void => {
    if (Math.abs(after - before) > 0.01 * Math.max(1, Math.abs(before)))
      rows.push({ figure, before, after, because: why });
  };
  compare(
    "expected loss without sources",
    previous.headline.baseline.mean,
    report.headline.baseline.mean,
    because((name) => name.startsWith("frequency:") || name.startsWith("severity:")),
  );
  compare(
    "reduction by the current set",
    previous.headline.reduction.mean,
    report.headline.reduction.mean,
    because(() => true),
  );
  compare(
    "cost of the current set",
    previous.headline.costUsd,
    report.headline.costUsd,
    "costs or volumes changed",
  );
  for (const source of report.sources) {
    const before = previous.sources.find((row) => row.id === source.id);
    if (!before) {
      rows.push({
        figure: `${source.title} (new)`,
        before: 0,
        after: source.credit.mean,
        because: "the source is new",
      });
      continue;
    }
    const own = report.detections.filter((detection) => detection.requires.includes(source.id));
    const touches = (name: string): boolean =>
      name.startsWith(`coverage:${source.id}/`) ||
      own.some((detection) => name === `p:${detection.id}` || name === `h:${detection.id}`) ||
      name.startsWith("frequency:") ||
      name.startsWith("severity:");
    compare(`credit of ${source.title}`, before.credit.mean, source.credit.mean, because(touches));
    compare(
      `cost of ${source.title}`,
      before.costAvoidedUsd,
      source.costAvoidedUsd,
      "costs, volumes or triage changed",
    );
  }
  return rows;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

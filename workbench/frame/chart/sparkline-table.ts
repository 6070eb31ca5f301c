import { type ChartElement, ChartFrame, countText, countWords, nothingToDraw } from "./chart-frame.ts";
import {
  type ChartRow,
  type Field,
  labelOf,
  requireField,
  rowsFor,
  timesOf,
  USUAL_HOST,
  USUAL_TIME,
} from "./chart-rows.ts";
import { ChoiceTable, clipped } from "./choice-table.ts";
import { sparkBars } from "./spark-bars.ts";
import { binOf, binStart, durationWords, periodText, timeBins, utcText } from "./time-bins.ts";

export interface SparklineTableOptions {
  /** Column whose values are the lines of the table. */
  readonly entity?: Field;
  readonly time?: Field;
  readonly title?: string;
}

export interface SparklineChoice {
  readonly entity: string | null;
  readonly rows: readonly ChartRow[];
}

interface Line {
  readonly name: string;
  readonly count: number;
  readonly counts: readonly number[];
  readonly peak: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

const BINS = 48;

/** One line for each entity with its events over time as small bars, all on the same time axis. `value` is {entity, rows}. */
export function sparklineTable(
  given: unknown,
  options: SparklineTableOptions = {},
): ChartElement<SparklineChoice> {
  const rows = rowsFor("sparklineTable", given);
  const chart = "sparklineTable";
  const entity = requireField(rows, { chart, option: "entity", given: options.entity, usual: USUAL_HOST });
  const time = requireField(rows, { chart, option: "time", given: options.time, usual: USUAL_TIME });
  const { ms, fromMs, untilMs, missing } = timesOf(rows, time);
  const bins = fromMs <= untilMs ? timeBins(fromMs, untilMs, BINS) : null;
  const lines = new Map<string, { counts: number[]; count: number; firstMs: number; lastMs: number }>();
  if (bins)
    for (let index = 0; index < rows.length; index += 1) {
      const at = ms[index]!;
      if (Number.isNaN(at)) continue;
      const name = labelOf(entity.read(rows[index]!));
      let line = lines.get(name);
      if (!line) {
        line = { counts: new Array<number>(bins.count).fill(0), count: 0, firstMs: at, lastMs: at };
        lines.set(name, line);
      }
      line.counts[binOf(bins, at)]! += 1;
      line.count += 1;
      line.firstMs = Math.min(line.firstMs, at);
      line.lastMs = Math.max(line.lastMs, at);
    }
  const all: Line[] = [...lines].map(([name, line]) => ({
    name,
    ...line,
    peak: line.counts.reduce((most, count) => Math.max(most, count), 0),
  }));
  const title = options.title ?? `${entity.name} over time`;
  const nothing: SparklineChoice = { entity: null, rows };
  let chosen: string | null = null;
  let table: ChoiceTable<Line> | null = null;

  const frame = new ChartFrame<SparklineChoice>({
    title,
    value: nothing,
    description: bins
      ? `${countWords(all.length, "value")} of ${entity.name}, ${periodText(bins.fromMs, binStart(bins, bins.count))}, bars of ${durationWords(bins.stepMs)}, each line on its own scale.`
      : "No events.",
    notes: missing > 0 ? [`${countWords(missing, "row has", "rows have")} no time.`] : [],
    clear: () => {
      if (table) table.chosen = null;
      choose(null);
    },
    table: null,
    draw(body, width) {
      if (!bins) return body.append(nothingToDraw());
      table = new ChoiceTable<Line>({
        label: title,
        rows: all,
        key: ({ name }) => name,
        search: ({ name }) => name,
        choiceColumn: 0,
        chosen,
        choose: (line) => choose(line),
        sorted: { column: 2, descending: true },
        columns: [
          { name: entity.name, cell: ({ name }) => clipped(name), order: ({ name }) => name.toLowerCase() },
          {
            name: "Over time",
            title: `${periodText(bins.fromMs, binStart(bins, bins.count))}, bars of ${durationWords(bins.stepMs)}`,
            cell: ({ counts }) => sparkBars(counts, Math.max(140, Math.min(360, width * 0.32)), 20),
          },
          {
            name: "Events",
            numeric: true,
            cell: ({ count }) => countText(count),
            order: ({ count }) => count,
            descendingFirst: true,
          },
          {
            name: `Most in ${durationWords(bins.stepMs)}`,
            numeric: true,
            cell: ({ peak }) => countText(peak),
            order: ({ peak }) => peak,
            descendingFirst: true,
          },
          { name: "First (UTC)", cell: ({ firstMs }) => utcText(firstMs), order: ({ firstMs }) => firstMs },
          {
            name: "Last (UTC)",
            cell: ({ lastMs }) => utcText(lastMs),
            order: ({ lastMs }) => lastMs,
            descendingFirst: true,
          },
        ],
      });
      body.append(table.element);
    },
  });
  return frame.element;

  function choose(line: Line | null): void {
    chosen = line?.name ?? null;
    if (!line) {
      frame.choose(nothing, null);
      return;
    }
    let kept: ChartRow[] | null = null;
    frame.choose(
      {
        entity: line.name,
        get rows() {
          kept ??= rows.filter((row) => labelOf(entity.read(row)) === line.name);
          return kept;
        },
      },
      `${line.name}: ${countWords(line.count, "event")}`,
    );
  }
}

import { addressTable } from "./address-table.ts";
import { beaconing } from "./beaconing.ts";
import { bytesDuration } from "./bytes-duration.ts";
import { entityTimeline } from "./entity-timeline.ts";
import { eventRate } from "./event-rate.ts";
import { hourOfWeek } from "./hour-of-week.ts";
import { networkGraph } from "./network-graph.ts";
import { processTree } from "./process-tree.ts";
import { sparklineTable } from "./sparkline-table.ts";
import { stackCount } from "./stack-count.ts";

/**
 * Charts for hunters, by name in cells. Each takes the rows of a cell and options, finds the usual columns by itself, and
 * gives an element that is an input: `const period = view(charts.eventRate(logons))` draws it, and cells that name
 * `period` follow what is chosen. `value` always has `rows` or a period; nothing chosen means all.
 */
export const charts = Object.freeze({
  eventRate,
  entityTimeline,
  hourOfWeek,
  stackCount,
  /** Another name of stackCount. */
  rarity: stackCount,
  processTree,
  networkGraph,
  addressTable,
  bytesDuration,
  beaconing,
  sparklineTable,
});

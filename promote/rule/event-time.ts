import type { TimeField } from "../../connectors/source/source.ts";
import { parseInstant } from "../../connectors/time/instant.ts";

const OFFSET = /(?:Z|[+-]\d{2}:?\d{2})$/;

/**
 * Event time of one JSON event by its source's time fields: the first that can be read, in microseconds since the epoch.
 * A field is a key, or a path of keys with dots between them. Null when none can be read.
 */
export function instantOf(event: Readonly<Record<string, unknown>>, time: TimeField): bigint | null {
  for (const field of time.fields) {
    const found = read(valueAt(event, field), time);
    if (found !== null) return found;
  }
  return null;
}

function valueAt(event: Readonly<Record<string, unknown>>, field: string): unknown {
  if (Object.hasOwn(event, field)) return event[field];
  let value: unknown = event;
  for (const key of field.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function read(value: unknown, { format, zone }: TimeField): bigint | null {
  const number =
    typeof value === "number"
      ? value
      : typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value)
        ? Number(value)
        : null;
  if (number !== null && format !== "iso") return fromEpoch(number, format);
  if (typeof value !== "string" || format.startsWith("epoch")) return null;
  const wall = parseInstant(value);
  return wall === null || OFFSET.test(value.trim()) || zone === "UTC" ? wall : fromZone(wall, zone);
}

function fromEpoch(value: number, format: TimeField["format"]): bigint | null {
  const size = Math.abs(value);
  const unit = format !== "auto" ? format : size < 1e11 ? "epoch-s" : size < 1e14 ? "epoch-ms" : "epoch-us";
  const perUnit = unit === "epoch-s" ? 1_000_000 : unit === "epoch-ms" ? 1_000 : 1;
  const us = Math.round(value * perUnit);
  return Number.isSafeInteger(us) ? BigInt(us) : null;
}

/** The instant at which clocks of the zone show this wall time; where they show it twice, the one with the later offset. */
function fromZone(wallUs: bigint, zone: string): bigint {
  const wallMs = Number(wallUs / 1000n);
  const first = wallMs - offsetMs(wallMs, zone);
  const second = wallMs - offsetMs(first, zone);
  return wallUs + BigInt(second - wallMs) * 1000n;
}

function offsetMs(instantMs: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instantMs);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return (
    Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) -
    Math.floor(instantMs / 1000) * 1000
  );
}

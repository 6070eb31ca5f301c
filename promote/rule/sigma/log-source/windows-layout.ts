/** How tables of Windows events are laid out. Browser-safe: pure functions only. */
import { type ColumnType, parseType } from "../../../../connectors/dataset/type.ts";
import type { ConditionColumn } from "../../condition/field.ts";

/** One layout: where event id and channel lie, and in which parts the event's own fields. */
export interface WindowsLayout {
  readonly eventId: readonly string[];
  readonly channel: readonly string[];
  /** Paths of the parts that hold the fields; empty for the columns themselves. */
  readonly parts: readonly string[];
  /** Fields of the event's head by Sigma's name. */
  readonly head: Readonly<Record<string, readonly string[]>>;
}

const head = (
  provider: string[],
  computer: string[],
  record: string[],
  level: string[],
): WindowsLayout["head"] => ({
  Provider_Name: provider,
  Source: provider,
  SourceName: provider,
  Computer: computer,
  ComputerName: computer,
  EventRecordID: record,
  Level: level,
});

/** Winlogbeat 7, evtx_dump, Winlogbeat 6 and columns as they come from NXLog, Log Analytics and the like. */
export const WINDOWS_LAYOUTS: readonly WindowsLayout[] = [
  {
    eventId: ["winlog.event_id"],
    channel: ["winlog.channel"],
    parts: ["winlog.event_data", "winlog.user_data"],
    head: head(["winlog.provider_name"], ["winlog.computer_name"], ["winlog.record_id"], ["log.level"]),
  },
  {
    eventId: ["Event.System.EventID", "Event.System.EventID.#text"],
    channel: ["Event.System.Channel"],
    parts: ["Event.EventData", "Event.UserData.*"],
    head: head(
      ["Event.System.Provider.#attributes.Name"],
      ["Event.System.Computer"],
      ["Event.System.EventRecordID"],
      ["Event.System.Level"],
    ),
  },
  {
    eventId: ["event_id"],
    channel: ["log_name"],
    parts: ["event_data", "user_data"],
    head: head(["source_name"], ["computer_name"], ["record_number"], ["level"]),
  },
  {
    eventId: ["EventID", "EventId"],
    channel: ["Channel", "LogName"],
    parts: ["", "EventData", "EventData_dynamic", "UserData"],
    head: head(
      ["Provider_Name", "ProviderName", "SourceName", "Source"],
      ["Computer", "ComputerName", "Hostname", "host"],
      ["EventRecordID", "RecordNumber"],
      ["Level", "SeverityValue"],
    ),
  },
];

/** Every place in the columns where a path ends, with the path as the columns spell it. */
export class Places {
  readonly #columns: readonly { readonly name: string; readonly key: string; readonly type: ColumnType }[];
  readonly #found = new Map<string, string | null>();

  constructor(columns: readonly (ConditionColumn & { readonly key?: string })[]) {
    this.#columns = columns.map(({ name, key, type }) => ({ name, key: key ?? name, type: parseType(type) }));
  }

  /** The path as the columns spell it, whatever its case and blanks; null when there is none. `*` is any part. */
  find(path: string): string | null {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const found = this.#seek(path);
    this.#found.set(path, found);
    return found;
  }

  #seek(path: string): string | null {
    const parts = path.split(".");
    for (let count = parts.length; count > 0; count -= 1) {
      const wanted = parts.slice(0, count).join(".");
      for (const column of alike(wanted, this.#columns)) {
        const rest = within(column.type, parts.slice(count));
        if (rest !== null) return [column.name, ...rest].join(".");
      }
    }
    return null;
  }
}

/** The path inside a type, as it spells it; null when there is none. */
function within(type: ColumnType, path: readonly string[]): string[] | null {
  if (path.length === 0) return [];
  if (type.kind === "list") return within(type.item, path);
  if (type.kind === "scalar") return type.name === "JSON" ? [...path] : null;
  for (let count = path.length; count > 0; count -= 1) {
    const wanted = path.slice(0, count).join(".");
    for (const field of wanted === "*"
      ? type.fields
      : alike(
          wanted,
          type.fields.map((one) => ({ ...one, key: one.name })),
        )) {
      const rest = within(field.type, path.slice(count));
      if (rest !== null) return [field.name, ...rest];
    }
  }
  return null;
}

/** The best first: the very key, then the name, then without case, then without blanks too. */
function alike<T extends { readonly name: string; readonly key: string }>(
  wanted: string,
  among: readonly T[],
): T[] {
  const lower = wanted.toLowerCase();
  const bare = lower.replaceAll(" ", "");
  return [
    ...new Set([
      ...among.filter(({ key }) => key === wanted),
      ...among.filter(({ name }) => name === wanted),
      ...among.filter(({ name, key }) => name.toLowerCase() === lower || key.toLowerCase() === lower),
      ...among.filter(({ key }) => key.includes(" ") && key.toLowerCase().replaceAll(" ", "") === bare),
    ]),
  ];
}

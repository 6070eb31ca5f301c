/** Which charts fit a result, from its columns alone. Safe in the browser and in Node. */

/** A column of a result as DuckDB describes it. */
export interface SuggestedColumn {
  readonly name: string;
  /** DuckDB's type, for example VARCHAR, TIMESTAMP or STRUCT(...). */
  readonly type: string;
}

export interface ChartSuggestion {
  /** For a menu: "Events over time". */
  readonly label: string;
  /** Text of a JavaScript cell. */
  readonly code: string;
}

const TIME_TYPE = /^(TIMESTAMP|DATE)/i;
const NUMBER_TYPE = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/i;
const TEXT_TYPE = /^(VARCHAR|ENUM|UUID)/i;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const TIME_NAMES = ["_time", "time", "timestamp", "@timestamp", "ts", "utctime", "eventtime"];
const HOST_NAMES = ["computer", "hostname", "host", "computer_name", "host_name", "device"];
const SOURCE_NAMES = [
  "id_orig_h",
  "id.orig_h",
  "src_ip",
  "source_ip",
  "sourceip",
  "src",
  "source",
  "sourceipaddress",
];
const TARGET_NAMES = [
  "id_resp_h",
  "id.resp_h",
  "dest_ip",
  "dst_ip",
  "destinationip",
  "destination_ip",
  "dst",
  "dest",
  "target",
  "destination",
];
const ADDRESS_NAMES = [
  "id_resp_h",
  "id.resp_h",
  "dest_ip",
  "dst_ip",
  "destinationip",
  "sourceipaddress",
  "src_ip",
  "sourceip",
  "ip",
  "address",
  "ipaddress",
  "id_orig_h",
];
const BYTES_NAMES = ["bytes", "orig_bytes", "total_bytes", "resp_bytes", "bytes_toserver", "bytes_out"];
const DURATION_NAMES = ["duration", "duration_s", "seconds", "elapsed"];
const STACKED_NAMES = [
  "image",
  "newprocessname",
  "process_name",
  "commandline",
  "eventname",
  "event_type",
  "service",
  "query",
  "user",
  "user_agent",
  "useragent",
  "dest_port",
  "id_resp_p",
  "proto",
];
const PID_NAMES = ["processid", "newprocessid", "pid", "process_id"];
const PARENT_NAMES = ["parentprocessid", "ppid", "parent_process_id", "parent_pid", "creatorprocessid"];
const IMAGE_NAMES = ["image", "newprocessname", "process_path", "process_name", "exe"];
const SYSTEM_NAMES = new Set(["_file", "_line", "_ingested"]);

/**
 * The charts that fit, the likeliest first, each as code that is ready to run.
 *
 * @param cellName name that the SQL cell gives to its rows
 */
export function suggestCharts(cellName: string, columns: readonly SuggestedColumn[]): ChartSuggestion[] {
  const usable = columns.filter(({ name }) => !SYSTEM_NAMES.has(name.toLowerCase()));
  const named = (names: readonly string[], fits: (type: string) => boolean = () => true) => {
    for (const name of names) {
      const found = usable.find((column) => column.name.toLowerCase() === name && fits(column.type));
      if (found) return found.name;
    }
    return null;
  };
  const isTime = (type: string) => TIME_TYPE.test(type);
  const isNumber = (type: string) => NUMBER_TYPE.test(type);
  const isText = (type: string) => TEXT_TYPE.test(type);
  const time = named(TIME_NAMES, isTime) ?? usable.find(({ type }) => isTime(type))?.name ?? null;
  const host = named(HOST_NAMES);
  const [source, target] = [named(SOURCE_NAMES), named(TARGET_NAMES)];
  const [bytes, duration] = [named(BYTES_NAMES, isNumber), named(DURATION_NAMES, isNumber)];
  const stacked =
    named(STACKED_NAMES) ?? usable.find(({ type, name }) => isText(type) && name !== host)?.name ?? null;
  const counted = named(["count", "n", "events", "count_star()"], isNumber);
  const suggestions: ChartSuggestion[] = [];
  const chart = (
    label: string,
    variable: string,
    call: string,
    options: Readonly<Record<string, string | null>>,
  ) => {
    const given = Object.entries(options)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const rows = IDENTIFIER.test(cellName) ? cellName : "rows";
    suggestions.push({
      label,
      code: `const ${variable} = view(charts.${call}(${rows}${given.length > 0 ? `, {${given.join(", ")}}` : ""}))`,
    });
  };
  if (named(PID_NAMES) && named(PARENT_NAMES) && named(IMAGE_NAMES) && time) {
    const pid = named(PID_NAMES)!;
    chart("Process tree", "process", "processTree", {
      pid,
      parentPid: named(PARENT_NAMES),
      image: named(IMAGE_NAMES),
      time,
    });
  }
  if (time)
    chart("Events over time", "period", "eventRate", {
      time,
      stack: counted ? null : lowCardinality(usable, stacked),
      count: counted,
    });
  if (stacked && !counted) chart(`Rare values of ${stacked}`, "rare", "stackCount", { field: stacked, host });
  if (time && !counted) chart("By hour of the week", "hours", "hourOfWeek", { time });
  if (time && host && !counted) {
    chart("Timeline by host", "moment", "entityTimeline", {
      entity: host,
      time,
      colour: lowCardinality(usable, stacked),
    });
    chart("Hosts over time", "host", "sparklineTable", { entity: host, time });
  }
  if (source && target) {
    chart("Who talked to whom", "node", "networkGraph", { source, target, bytes, count: counted });
    if (time && !counted) chart("Beaconing", "beacon", "beaconing", { time, source, target });
  }
  if (bytes && duration) chart("Bytes against duration", "connections", "bytesDuration", { bytes, duration });
  const address = named(ADDRESS_NAMES, (type) => isText(type) || /^INET/i.test(type));
  if (address && !counted) chart("Addresses and their owners", "address", "addressTable", { address, bytes });
  if (usable.length > 1) {
    const fields = [
      time,
      ...usable
        .filter(({ name, type }) => name !== time && (isNumber(type) || isText(type)))
        .map(({ name }) => name),
    ]
      .filter((name) => name !== null)
      .slice(0, 5);
    if (fields.length > 1)
      suggestions.push({
        label: "Crossfilter",
        code: `const filtered = view(crossfilter(${IDENTIFIER.test(cellName) ? cellName : "rows"}, {fields: ${JSON.stringify(fields)}}))`,
      });
  }
  return suggestions;
}

/** Free texts would give a stack of one-off values. */
function lowCardinality(columns: readonly SuggestedColumn[], stacked: string | null): string | null {
  const few = [
    "eventid",
    "event_id",
    "event_type",
    "eventname",
    "service",
    "proto",
    "action",
    "conn_state",
    "level",
    "channel",
    "eventsource",
  ];
  for (const name of few) {
    const found = columns.find((column) => column.name.toLowerCase() === name);
    if (found) return found.name;
  }
  return stacked !== null && !/commandline|query|agent|uri|url/i.test(stacked) ? stacked : null;
}

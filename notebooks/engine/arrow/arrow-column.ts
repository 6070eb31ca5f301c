import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBEnumType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBUnionType,
} from "@duckdb/node-api";
import { typeName } from "../type-name.ts";
import {
  ArrayEncoder,
  BooleanEncoder,
  BytesEncoder,
  type ColumnEncoder,
  FixedEncoder,
  ListEncoder,
  NullEncoder,
  StructEncoder,
  TextEncoderOf,
  type ValueTransform,
} from "./column-encoder.ts";
import { FlatBuffer } from "./flatbuffer.ts";
import { isValid } from "./validity-bits.ts";

/** Numbers of the members of Arrow's `Type` union. */
const ARROW = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  fixedSizeList: 16,
  map: 17,
} as const;
const UNIT = { second: 0, millisecond: 1, microsecond: 2, nanosecond: 3 } as const;
const MONTH_DAY_NANO = 2;

/** How one column is written: its type in the schema, its children and its values. */
export interface ArrowColumn {
  readonly name: string;
  readonly duckDbType: string;
  readonly nullable: boolean;
  readonly type: number;
  /** Writes the type's table and gives its place. */
  readonly writeType: (buffer: FlatBuffer) => number;
  readonly children: readonly ArrowColumn[];
  /** Values and index width of an ENUM; sent once, before the first batch. */
  readonly dictionary: {
    readonly id: number;
    readonly values: readonly string[];
    readonly indexBits: number;
  } | null;
  readonly encoder: ColumnEncoder;
}

type Layout = Pick<ArrowColumn, "type" | "writeType" | "encoder"> &
  Partial<Pick<ArrowColumn, "children" | "dictionary">>;

function integer(bits: number, signed: boolean, encoder: ColumnEncoder = new FixedEncoder(bits / 8)): Layout {
  return {
    type: ARROW.int,
    writeType: (buffer) => buffer.table([FlatBuffer.int32(bits), FlatBuffer.int8(signed ? 1 : 0)]),
    encoder,
  };
}

function float(precision: 1 | 2): Layout {
  return {
    type: ARROW.float,
    writeType: (buffer) => buffer.table([FlatBuffer.int16(precision)]),
    encoder: new FixedEncoder(precision * 4),
  };
}

function decimal(width: number, scale: number, bits: 128 | 256, encoder: ColumnEncoder): Layout {
  return {
    type: ARROW.decimal,
    writeType: (buffer) =>
      buffer.table([FlatBuffer.int32(width), FlatBuffer.int32(scale), FlatBuffer.int32(bits)]),
    encoder,
  };
}

function time(unit: number): Layout {
  return {
    type: ARROW.time,
    writeType: (buffer) => buffer.table([FlatBuffer.int16(unit), FlatBuffer.int32(64)]),
    encoder: new FixedEncoder(8),
  };
}

function timestamp(unit: number, zone: string | null): Layout {
  return {
    type: ARROW.timestamp,
    writeType: (buffer) => {
      const place = zone === null ? null : FlatBuffer.at(buffer.text(zone));
      return buffer.table([FlatBuffer.int16(unit), place]);
    },
    encoder: new FixedEncoder(8),
  };
}

function plain(type: number, encoder: ColumnEncoder): Layout {
  return { type, writeType: (buffer) => buffer.table([]), encoder };
}

/** Widens two's complement values of `width` bytes to 16. */
function widen(width: number): ValueTransform {
  return (bytes, count) => {
    const wide = new Uint8Array(count * 16);
    for (let at = 0; at < count; at += 1) {
      for (let byte = 0; byte < width; byte += 1) wide[at * 16 + byte] = bytes[at * width + byte]!;
      if (bytes[at * width + width - 1]! >= 0x80) wide.fill(0xff, at * 16 + width, at * 16 + 16);
    }
    return wide;
  };
}

/** Widens unsigned 128-bit values to 256 bits. */
const widenUnsigned: ValueTransform = (bytes, count) => {
  const wide = new Uint8Array(count * 32);
  for (let at = 0; at < count; at += 1) wide.set(bytes.subarray(at * 16, at * 16 + 16), at * 32);
  return wide;
};

const NANOS_LIMIT = 2n ** 63n;

/** Months, days, microseconds to months, days, nanoseconds. */
const intervalNanos: ValueTransform = (bytes, count, valid) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < count; at += 1) {
    if (!isValid(valid, at)) continue;
    const nanos = view.getBigInt64(at * 16 + 8, true) * 1000n;
    if (nanos >= NANOS_LIMIT || nanos < -NANOS_LIMIT) {
      throw new RangeError(
        "An interval is over 292 years in its time part, which Arrow cannot hold. Cast it to text.",
      );
    }
    view.setBigInt64(at * 16 + 8, nanos, true);
  }
  return bytes;
};

function decimalLayout(type: DuckDBDecimalType): Layout {
  const bytes = type.width <= 4 ? 2 : type.width <= 9 ? 4 : type.width <= 18 ? 8 : 16;
  const encoder = bytes === 16 ? new FixedEncoder(16) : new FixedEncoder(bytes, widen(bytes));
  return decimal(type.width, type.scale, 128, encoder);
}

/** Gives ENUM columns their dictionary ids, in order. */
type NextId = () => number;

function enumLayout(type: DuckDBEnumType, nextId: NextId): Layout {
  const count = type.values.length;
  const bits = count <= 0xff ? 8 : count <= 0xffff ? 16 : 32;
  return {
    ...plain(ARROW.utf8, new FixedEncoder(bits / 8)),
    dictionary: { id: nextId(), values: type.values, indexBits: bits },
  };
}

function structLayout(children: readonly ArrowColumn[]): Layout {
  return { ...plain(ARROW.struct, new StructEncoder(children.map((child) => child.encoder))), children };
}

function nestedLayout(type: DuckDBType, nextId: NextId): Layout | null {
  const column = (name: string, of: DuckDBType, nullable = true) => arrowColumn(name, of, nextId, nullable);
  if (type instanceof DuckDBListType) {
    const item = column("item", type.valueType);
    return { ...plain(ARROW.list, new ListEncoder(item.encoder)), children: [item] };
  }
  if (type instanceof DuckDBArrayType) {
    const item = column("item", type.valueType);
    return {
      type: ARROW.fixedSizeList,
      writeType: (buffer) => buffer.table([FlatBuffer.int32(type.length)]),
      encoder: new ArrayEncoder(item.encoder, type.length),
      children: [item],
    };
  }
  if (type instanceof DuckDBStructType) {
    return structLayout(type.entryNames.map((name, at) => column(name, type.entryTypes[at]!)));
  }
  if (type instanceof DuckDBMapType) {
    const children = [column("key", type.keyType, false), column("value", type.valueType)];
    const entries: ArrowColumn = {
      name: "entries",
      duckDbType: "STRUCT",
      nullable: false,
      dictionary: null,
      ...structLayout(children),
      children,
    };
    return {
      type: ARROW.map,
      writeType: (buffer) => buffer.table([FlatBuffer.int8(0)]),
      encoder: new ListEncoder(entries.encoder),
      children: [entries],
    };
  }
  if (type instanceof DuckDBUnionType) {
    const tags = type.memberTags;
    const tag: ArrowColumn = {
      name: "tag",
      duckDbType: `ENUM(${tags.map((name) => `'${name.replaceAll("'", "''")}'`).join(", ")})`,
      nullable: true,
      children: [],
      ...plain(ARROW.utf8, new FixedEncoder(1)),
      dictionary: { id: nextId(), values: tags, indexBits: 8 },
    };
    return structLayout([tag, ...tags.map((name, at) => column(name, type.memberTypes[at]!))]);
  }
  return null;
}

function layoutOf(type: DuckDBType, nextId: NextId): Layout {
  if (type instanceof DuckDBDecimalType) return decimalLayout(type);
  if (type instanceof DuckDBEnumType) return enumLayout(type, nextId);
  const nested = nestedLayout(type, nextId);
  if (nested !== null) return nested;
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return plain(ARROW.bool, new BooleanEncoder());
    case DuckDBTypeId.TINYINT:
      return integer(8, true);
    case DuckDBTypeId.SMALLINT:
      return integer(16, true);
    case DuckDBTypeId.INTEGER:
      return integer(32, true);
    case DuckDBTypeId.BIGINT:
      return integer(64, true);
    case DuckDBTypeId.UTINYINT:
      return integer(8, false);
    case DuckDBTypeId.USMALLINT:
      return integer(16, false);
    case DuckDBTypeId.UINTEGER:
      return integer(32, false);
    case DuckDBTypeId.UBIGINT:
      return integer(64, false);
    case DuckDBTypeId.HUGEINT:
      return decimal(38, 0, 128, new FixedEncoder(16));
    case DuckDBTypeId.UHUGEINT:
      return decimal(39, 0, 256, new FixedEncoder(16, widenUnsigned));
    case DuckDBTypeId.FLOAT:
      return float(1);
    case DuckDBTypeId.DOUBLE:
      return float(2);
    case DuckDBTypeId.VARCHAR:
      return plain(ARROW.utf8, new BytesEncoder());
    case DuckDBTypeId.BLOB:
      return plain(ARROW.binary, new BytesEncoder());
    case DuckDBTypeId.DATE:
      return {
        type: ARROW.date,
        writeType: (buffer) => buffer.table([FlatBuffer.int16(0)]),
        encoder: new FixedEncoder(4),
      };
    case DuckDBTypeId.TIME:
      return time(UNIT.microsecond);
    case DuckDBTypeId.TIME_NS:
      return time(UNIT.nanosecond);
    case DuckDBTypeId.TIMESTAMP:
      return timestamp(UNIT.microsecond, null);
    case DuckDBTypeId.TIMESTAMP_S:
      return timestamp(UNIT.second, null);
    case DuckDBTypeId.TIMESTAMP_MS:
      return timestamp(UNIT.millisecond, null);
    case DuckDBTypeId.TIMESTAMP_NS:
      return timestamp(UNIT.nanosecond, null);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return timestamp(UNIT.microsecond, "UTC");
    case DuckDBTypeId.INTERVAL:
      return {
        type: ARROW.interval,
        writeType: (buffer) => buffer.table([FlatBuffer.int16(MONTH_DAY_NANO)]),
        encoder: new FixedEncoder(16, intervalNanos),
      };
    case DuckDBTypeId.SQLNULL:
      return plain(ARROW.null, new NullEncoder());
    default:
      return plain(ARROW.utf8, new TextEncoderOf(type));
  }
}

/**
 * How a DuckDB column is written as Arrow. HUGEINT is Decimal128(38, 0), UHUGEINT Decimal256(39, 0), every DECIMAL
 * Decimal128, INTERVAL month-day-nano, ENUM a dictionary, UNION a struct of its tag and members. UUID, BIT, BIGNUM,
 * TIMETZ, VARIANT and GEOMETRY are DuckDB's text.
 */
export function arrowColumn(name: string, type: DuckDBType, nextId: NextId, nullable = true): ArrowColumn {
  return {
    name,
    duckDbType: typeName(type),
    nullable,
    children: [],
    dictionary: null,
    ...layoutOf(type, nextId),
  };
}

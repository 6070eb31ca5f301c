/** What one detection names: when, and of which things. */
export interface NamedDetection {
  readonly eventTimeUs: bigint;
  /** `kind:value` of its entities that are not empty. */
  readonly entities: readonly string[];
}

export interface Overlap {
  readonly rules: readonly {
    readonly rule: string;
    readonly shared: number;
    readonly ofMine: number;
    readonly ofTheirs: number;
  }[];
  readonly windowMs: number;
}

/** The entities of a detection in the form that two rules share, whatever their columns are called. */
export function namedDetection(
  detection: { readonly eventTimeUs: bigint; readonly entities: Readonly<Record<string, string>> },
  columns: readonly { readonly column: string; readonly kind: string }[],
): NamedDetection {
  return {
    eventTimeUs: detection.eventTimeUs,
    entities: columns.flatMap(({ column, kind }) => {
      const value = detection.entities[column] ?? "";
      return value === "" ? [] : [`${kind}:${value.toLowerCase()}`];
    }),
  };
}

/**
 * How much of what one rule finds each other rule finds too: two detections are about one thing when they name a same
 * entity (kind and value, without case) and lie at most `windowMs` apart. `shared` counts this rule's detections; shares
 * are of each side's own. Rules that share nothing are left out; the largest share of mine first.
 */
export function overlapOf(
  mine: readonly NamedDetection[],
  others: ReadonlyMap<string, readonly NamedDetection[]>,
  windowMs: number,
): Overlap {
  const windowUs = BigInt(Math.round(windowMs * 1000));
  const index = timesByEntity(mine);
  const rules = [...others].flatMap(([rule, theirs]) => {
    const shared = countNear(mine, timesByEntity(theirs), windowUs);
    if (shared === 0) return [];
    return [
      {
        rule,
        shared,
        ofMine: shared / mine.length,
        ofTheirs: countNear(theirs, index, windowUs) / theirs.length,
      },
    ];
  });
  rules.sort((left, right) => right.ofMine - left.ofMine || (left.rule < right.rule ? -1 : 1));
  return { rules, windowMs };
}

/** Times at which each entity is named, ascending. */
function timesByEntity(detections: readonly NamedDetection[]): ReadonlyMap<string, BigInt64Array> {
  const gathered = new Map<string, bigint[]>();
  for (const { eventTimeUs, entities } of detections) {
    for (const entity of entities) {
      const times = gathered.get(entity);
      if (times === undefined) gathered.set(entity, [eventTimeUs]);
      else times.push(eventTimeUs);
    }
  }
  return new Map([...gathered].map(([entity, times]) => [entity, BigInt64Array.from(times).sort()]));
}

function countNear(
  detections: readonly NamedDetection[],
  index: ReadonlyMap<string, BigInt64Array>,
  windowUs: bigint,
): number {
  return detections.filter(({ eventTimeUs, entities }) =>
    entities.some((entity) => isNear(index.get(entity), eventTimeUs, windowUs)),
  ).length;
}

function isNear(times: BigInt64Array | undefined, timeUs: bigint, windowUs: bigint): boolean {
  if (times === undefined) return false;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < timeUs - windowUs) low = middle + 1;
    else high = middle;
  }
  const first = times[low];
  return first !== undefined && first <= timeUs + windowUs;
}

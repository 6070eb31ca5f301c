/** One start of a process, as an event tells it. Times in milliseconds; NaN where unknown. */
export interface ProcessStart {
  readonly host: string;
  readonly startMs: number;
  /** When it ended, where that is known; NaN otherwise. */
  readonly endMs: number;
  readonly pid: number | null;
  readonly parentPid: number | null;
  /** Identifier that no two processes share (Sysmon's ProcessGuid); null where there is none. */
  readonly guid: string | null;
  readonly parentGuid: string | null;
  readonly image: string;
  readonly commandLine: string;
  readonly user: string;
  readonly parentImage: string;
  /** Number of the row that told it. */
  readonly row: number;
}

/** A process with its children by start. One whose start was not seen has `start` null and stands for what children say. */
export interface ProcessNode {
  readonly id: number;
  readonly start: ProcessStart | null;
  readonly host: string;
  readonly pid: number | null;
  readonly image: string;
  readonly parent: ProcessNode | null;
  readonly children: readonly ProcessNode[];
  /** Processes below it, itself not counted. */
  readonly descendants: number;
}

export interface ProcessForest {
  readonly roots: readonly ProcessNode[];
  /** All nodes; a parent stands before its children. */
  readonly nodes: readonly ProcessNode[];
  /** Events that told a start again (same guid). */
  readonly repeated: number;
  /** Links that would have made a process its own ancestor and were left out. */
  readonly cyclic: number;
}

type Growing = { -readonly [Key in Exclude<keyof ProcessNode, "children" | "parent">]: ProcessNode[Key] } & {
  children: Growing[];
  parent: Growing | null;
};

/** A process id of a number or a text, decimal or hexadecimal ("0x1a4"); null for anything else. */
export function pidOf(value: unknown): number | null {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Number.isInteger(value) ? value : null;
  if (typeof value !== "string" || !/^\s*(0x[\da-f]+|\d+)\s*$/i.test(value)) return null;
  return Number(value);
}

/**
 * Links process starts to trees. A parent is found by its guid where both are known; else it is, on the same host, the
 * last process with the parent's pid that started no later than the child and had not ended: a pid that is used again
 * never takes the children of the process before it. Where the parent's start was not seen, a node without start stands
 * for it, one for each image that children give to a pid until the pid is seen to start. Order of the input is irrelevant
 * but for starts at the same millisecond.
 */
export function processForest(starts: readonly ProcessStart[]): ProcessForest {
  const ordered = starts
    .map((start, index) => ({ start, index }))
    .sort((a, b) => timeOrder(a.start.startMs, b.start.startMs) || a.index - b.index)
    .map(({ start }) => start);
  const byGuid = new Map<string, Growing>();
  const byPid = new Map<string, Growing[]>();
  const nodes: Growing[] = [];
  let repeated = 0;
  for (const start of ordered) {
    const guid = start.guid === null ? null : `${start.host}\u0000${start.guid}`;
    if (guid !== null && byGuid.has(guid)) {
      repeated += 1;
      continue;
    }
    const node: Growing = {
      id: nodes.length,
      start,
      host: start.host,
      pid: start.pid,
      image: start.image,
      parent: null,
      children: [],
      descendants: 0,
    };
    nodes.push(node);
    if (guid !== null) byGuid.set(guid, node);
    if (start.pid !== null) {
      const key = `${start.host}\u0000${start.pid}`;
      const same = byPid.get(key);
      if (same) same.push(node);
      else byPid.set(key, [node]);
    }
  }
  const unseen = new Map<string, Growing>();
  const placeholders: Growing[] = [];
  let cyclic = 0;
  const tops = new Map<Growing, Growing>();
  for (const node of nodes) {
    const start = node.start!;
    const before = start.parentPid === null ? [] : (byPid.get(`${start.host}\u0000${start.parentPid}`) ?? []);
    const parent =
      (start.parentGuid === null ? undefined : byGuid.get(`${start.host}\u0000${start.parentGuid}`)) ??
      parentByPid(before, node);
    if (parent && topOf(parent, tops) === node) {
      cyclic += 1;
      continue;
    }
    if (parent) {
      node.parent = parent;
      tops.set(node, parent);
      continue;
    }
    if (start.parentPid === null && start.parentGuid === null) continue;
    const image = start.parentImage;
    // What a later start of the pid is not: the epoch is the number of starts of that pid before the child.
    const epoch = before.filter((other) => other.start!.startMs <= start.startMs).length;
    const key = [start.host, start.parentGuid ?? "", start.parentPid ?? "", image.toLowerCase(), epoch].join(
      "\u0000",
    );
    let holder = unseen.get(key);
    if (!holder) {
      holder = {
        id: nodes.length + placeholders.length,
        start: null,
        host: start.host,
        pid: start.parentPid,
        image,
        parent: null,
        children: [],
        descendants: 0,
      };
      unseen.set(key, holder);
      placeholders.push(holder);
    }
    node.parent = holder;
  }
  const roots: Growing[] = [];
  for (const node of [...placeholders, ...nodes]) {
    if (node.parent) node.parent.children.push(node);
    else roots.push(node);
  }
  const sorted: Growing[] = [];
  const stack = roots.sort((a, b) => timeOrder(firstMs(a), firstMs(b)) || a.id - b.id).toReversed();
  while (stack.length > 0) {
    const node = stack.pop()!;
    sorted.push(node);
    for (let index = node.children.length - 1; index >= 0; index -= 1) stack.push(node.children[index]!);
  }
  for (let index = sorted.length - 1; index >= 0; index -= 1) {
    const node = sorted[index]!;
    if (node.parent) node.parent.descendants += node.descendants + 1;
  }
  return { roots, nodes: sorted, repeated, cyclic };
}

/** Unknown times come first: such a process may have been there all the time. */
function timeOrder(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a - b;
}

function firstMs(node: Growing): number {
  return node.start?.startMs ?? node.children[0]?.start?.startMs ?? Number.NaN;
}

/** `before` is in the order of starts. */
function parentByPid(before: readonly Growing[], child: Growing): Growing | undefined {
  const childMs = child.start!.startMs;
  let found: Growing | undefined;
  for (const candidate of before) {
    if (candidate.start!.startMs > childMs) break;
    // At the same millisecond the order of the input decides, and nothing is its own parent.
    if (candidate.id >= child.id) break;
    found = candidate;
  }
  if (!found) return undefined;
  const { endMs, image } = found.start!;
  if (endMs < childMs) return undefined;
  const said = child.start!.parentImage;
  // The child knows another image behind that pid: the pid was used again, and that start was not seen.
  return said !== "" && image !== "" && baseName(said) !== baseName(image) ? undefined : found;
}

/** The node at the top of a node's tree so far; the way there is made shorter for the next time. */
function topOf(node: Growing, tops: Map<Growing, Growing>): Growing {
  let one = node;
  for (let above = tops.get(one); above; above = tops.get(one)) {
    const next = tops.get(above);
    if (next) tops.set(one, next);
    one = next ?? above;
  }
  return one;
}

/** Last part of a path, in lower case. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1)!.toLowerCase();
}

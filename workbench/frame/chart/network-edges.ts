/** Who talked to whom, all of it: one edge for each direction of a pair. */
export interface NetworkEdge {
  readonly source: string;
  readonly target: string;
  readonly count: number;
  readonly bytes: number;
}

/** A node of the drawing; `members` are the names that it stands for, itself alone for most. */
export interface NetworkNode {
  readonly name: string;
  readonly members: readonly string[];
  /** Different neighbours. */
  readonly degree: number;
  readonly count: number;
  readonly bytes: number;
}

export interface DrawnNetwork {
  readonly nodes: readonly NetworkNode[];
  readonly edges: readonly NetworkEdge[];
  /** Names that were put together to groups. */
  readonly grouped: number;
  /** Edges that are not drawn, and the events behind them. */
  readonly leftOut: { readonly edges: number; readonly count: number };
}

/** Sums rows to edges; the order is of first appearance. */
export class EdgeSums {
  readonly #edges = new Map<string, { source: string; target: string; count: number; bytes: number }>();

  add(source: string, target: string, count: number, bytes: number): void {
    const key = `${source}\u0000${target}`;
    const edge = this.#edges.get(key);
    if (edge) {
      edge.count += count;
      edge.bytes += bytes;
    } else this.#edges.set(key, { source, target, count, bytes });
  }

  get edges(): NetworkEdge[] {
    return [...this.#edges.values()];
  }
}

/**
 * What is drawn of a network of any size. Up to `atMost` edges: all. Above: nodes with the same single neighbour become
 * one group of that neighbour; if that is not enough, the edges with most events are kept, and what is left out is counted.
 */
export function drawnNetwork(edges: readonly NetworkEdge[], atMost: number): DrawnNetwork {
  if (edges.length <= atMost)
    return { ...nodesOf(edges, new Map()), edges, grouped: 0, leftOut: { edges: 0, count: 0 } };
  const neighbours = new Map<string, Set<string>>();
  const near = (name: string) => {
    let set = neighbours.get(name);
    if (!set) {
      set = new Set();
      neighbours.set(name, set);
    }
    return set;
  };
  for (const { source, target } of edges) {
    near(source).add(target);
    near(target).add(source);
  }
  const leaves = new Map<string, string[]>();
  for (const [name, set] of neighbours) {
    const only = set.size === 1 ? [...set][0]! : null;
    if (only === null || only === name || neighbours.get(only)!.size === 1) continue;
    const list = leaves.get(only);
    if (list) list.push(name);
    else leaves.set(only, [name]);
  }
  const groupOf = new Map<string, string>();
  const members = new Map<string, string[]>();
  let grouped = 0;
  for (const [hub, names] of leaves) {
    if (names.length < 3) continue;
    const group = `${names.length.toLocaleString("en-US")} that only talk with ${hub}`;
    for (const name of names) groupOf.set(name, group);
    members.set(group, names);
    grouped += names.length;
  }
  const sums = new EdgeSums();
  for (const { source, target, count, bytes } of edges)
    sums.add(groupOf.get(source) ?? source, groupOf.get(target) ?? target, count, bytes);
  let kept = sums.edges;
  let leftOut = { edges: 0, count: 0 };
  if (kept.length > atMost) {
    kept = kept
      .map((edge, index) => ({ edge, index }))
      .sort((a, b) => b.edge.count - a.edge.count || a.index - b.index)
      .map(({ edge }) => edge);
    const dropped = kept.slice(atMost);
    kept = kept.slice(0, atMost);
    leftOut = { edges: dropped.length, count: dropped.reduce((sum, edge) => sum + edge.count, 0) };
  }
  return { ...nodesOf(kept, members), edges: kept, grouped, leftOut };
}

function nodesOf(
  edges: readonly NetworkEdge[],
  members: ReadonlyMap<string, readonly string[]>,
): { nodes: NetworkNode[] } {
  const found = new Map<string, { neighbours: Set<string>; count: number; bytes: number }>();
  const touch = (name: string, other: string, { count, bytes }: NetworkEdge) => {
    let node = found.get(name);
    if (!node) {
      node = { neighbours: new Set(), count: 0, bytes: 0 };
      found.set(name, node);
    }
    if (other !== name) node.neighbours.add(other);
    node.count += count;
    node.bytes += bytes;
  };
  for (const edge of edges) {
    touch(edge.source, edge.target, edge);
    if (edge.target !== edge.source) touch(edge.target, edge.source, edge);
  }
  return {
    nodes: [...found].map(([name, { neighbours, count, bytes }]) => ({
      name,
      members: members.get(name) ?? [name],
      degree: neighbours.size,
      count,
      bytes,
    })),
  };
}

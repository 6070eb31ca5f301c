/** States with a full row of the table are so few that it has at most this many cells, 4 MB. */
const MOST_DENSE_CELLS = 1 << 20;

/**
 * The states of Aho and Corasick's automaton, numbered breadth first, so that the children of a state stand side by side.
 * The first `denseCount` states have a row in a table that tells the next state for every class of bytes; the others have
 * their children alone, and where none fits, the state of their longest proper suffix is asked. Memory is linear in the
 * bytes of the literals.
 */
export class LiteralTrie {
  readonly classOf = new Uint8Array(256);
  /** Rows of `1 << shift` next states. */
  readonly dense: Int32Array;
  readonly denseCount: number;
  readonly shift: number;
  /** By state: its children are `firstChild[state]` to `firstChild[state + 1]`, exclusive. */
  readonly firstChild: Int32Array;
  /** By state: the class of bytes that leads to it. */
  readonly label: Uint8Array;
  readonly fallback: Int32Array;
  /** By state: where its literals stand in `found`, -1 when it ends none. */
  readonly first: Int32Array;
  /** Indexes of literals. */
  readonly found: readonly (readonly number[])[];

  /** @param literals none empty and no two alike. */
  constructor(literals: readonly Uint8Array[], mostDenseCells = MOST_DENSE_CELLS) {
    let classes = 1;
    let bytes = 0;
    for (const literal of literals) {
      bytes += literal.length;
      for (const byte of literal) if (this.classOf[byte] === 0) this.classOf[byte] = classes++;
    }
    this.shift = Math.max(1, Math.ceil(Math.log2(classes)));
    const { firstChild, label, own } = breadthFirst(literals, this.classOf, bytes + 1);
    this.firstChild = firstChild;
    this.label = label;
    const states = own.length;
    this.denseCount = Math.min(states, Math.max(1, mostDenseCells >> this.shift));
    this.dense = new Int32Array(this.denseCount << this.shift);
    this.fallback = new Int32Array(states);
    this.first = new Int32Array(states).fill(-1);
    const found: number[][] = [];
    for (let state = 0; state < states; state += 1) {
      const back = this.fallback[state]!;
      const shorter = state === 0 ? -1 : this.first[back]!;
      const literal = own[state]!;
      this.first[state] =
        literal < 0 ? shorter : found.push([literal, ...(shorter < 0 ? [] : found[shorter]!)]) - 1;
      const row = state << this.shift;
      const isDense = state < this.denseCount;
      if (isDense && state > 0) {
        const backRow = back << this.shift;
        this.dense.copyWithin(row, backRow, backRow + (1 << this.shift));
      }
      const end = firstChild[state + 1]!;
      for (let child = firstChild[state]!; child < end; child += 1) {
        if (state > 0) this.fallback[child] = this.step(back, label[child]!);
        if (isDense) this.dense[row + label[child]!] = child;
      }
    }
    this.found = found;
  }

  /** The state after a byte of the class. */
  step(from: number, kind: number): number {
    let state = from;
    while (state >= this.denseCount) {
      const end = this.firstChild[state + 1]!;
      for (let child = this.firstChild[state]!; child < end; child += 1) {
        if (this.label[child] === kind) return child;
      }
      state = this.fallback[state]!;
    }
    return this.dense[(state << this.shift) + kind]!;
  }
}

/** The states of the literals' trie in order; `own` is the literal that a state is, -1 for none. */
function breadthFirst(
  literals: readonly Uint8Array[],
  classOf: Uint8Array,
  mostStates: number,
): { readonly firstChild: Int32Array; readonly label: Uint8Array; readonly own: Int32Array } {
  const order = literals.map((_, index) => index).sort((a, b) => Buffer.compare(literals[a]!, literals[b]!));
  // One after another in one buffer: single arrays of a few bytes each are slow to read.
  const offsets = new Int32Array(order.length + 1);
  const all = new Uint8Array(mostStates);
  for (const [at, index] of order.entries()) {
    all.set(literals[index]!, offsets[at]!);
    offsets[at + 1] = offsets[at]! + literals[index]!.length;
  }
  const firstChild = new Int32Array(mostStates + 1);
  const label = new Uint8Array(mostStates);
  const own = new Int32Array(mostStates).fill(-1);
  // A state is a run of the sorted literals that begin alike.
  const runFrom = new Int32Array(mostStates);
  const runTo = new Int32Array(mostStates);
  runTo[0] = order.length;
  let count = 1;
  let depth = 0;
  let depthEnd = 1;
  for (let state = 0; state < count; state += 1) {
    if (state === depthEnd) {
      depth += 1;
      depthEnd = count;
    }
    let at = runFrom[state]!;
    const to = runTo[state]!;
    firstChild[state] = count;
    if (at < to && offsets[at]! + depth === offsets[at + 1]) own[state] = order[at++]!;
    while (at < to) {
      const byte = all[offsets[at]! + depth]!;
      label[count] = classOf[byte]!;
      runFrom[count] = at;
      while (at < to && all[offsets[at]! + depth] === byte) at += 1;
      runTo[count] = at;
      count += 1;
    }
  }
  firstChild[count] = count;
  return {
    firstChild: firstChild.subarray(0, count + 1),
    label: label.subarray(0, count),
    own: own.subarray(0, count),
  };
}

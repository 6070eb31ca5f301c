/** The Public Suffix List as tldts keeps it: a trie of labels from the right, flattened. */
declare module "tldts/dist/cjs/src/data/trie.js" {
  /** By node: 1 where ICANN's rules end, 2 where private ones do, or both. */
  export const nodeFlags: Uint8Array;
  /** By node: its first edge; the next node's first edge ends them. */
  export const edgeStart: Uint16Array;
  /** By edge: how long its label is in `labelText`, where labels follow each other. */
  export const edgeLength: Uint8Array;
  /** By edge: the node that it leads to. */
  export const edgeChild: Uint16Array;
  export const labelText: string;
  export const rulesRoot: number;
  export const exceptionsRoot: number;
}

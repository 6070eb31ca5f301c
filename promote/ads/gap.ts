/** What a section still lacks, for the page as it is typed and for the gate. Browser-safe: types only. */
export interface Gap {
  /** One plain sentence: what is missing or wrong. */
  readonly message: string;
  /** One plain sentence: what to do. */
  readonly remedy: string;
}

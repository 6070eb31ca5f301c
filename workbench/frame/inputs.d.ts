/** Observable Inputs ships no types; cells use it as it is, Spoor only passes it on. */
declare module "@observablehq/inputs" {
  export const table: (data: unknown, options?: unknown) => HTMLElement;
}

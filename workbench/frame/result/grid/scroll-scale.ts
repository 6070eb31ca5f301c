/** A browser cannot make a box of 240 million pixels: beyond this the scroll bar stands for more than its own pixels. */
export const TALLEST_PX = 8_000_000;

/**
 * How a scroll bar of bounded length stands for a content of any height. All in CSS pixels; `contentPx` and `viewPx` are
 * heights.
 */
export class ScrollScale {
  readonly contentPx: number;
  readonly viewPx: number;
  /** Height of the box that is scrolled. */
  readonly boxPx: number;

  constructor(contentPx: number, viewPx: number, tallestPx: number = TALLEST_PX) {
    this.contentPx = contentPx;
    this.viewPx = viewPx;
    this.boxPx = Math.min(contentPx, Math.max(tallestPx, viewPx));
  }

  /** True when a pixel of the bar stands for more than one of the content. */
  get scaled(): boolean {
    return this.contentPx > this.boxPx;
  }

  get lastTop(): number {
    return Math.max(0, this.contentPx - this.viewPx);
  }

  /** The content's pixel at the top of the view, for the bar's. */
  contentTop(barTop: number): number {
    return this.clamp(this.scaled ? (barTop / (this.boxPx - this.viewPx)) * this.lastTop : barTop);
  }

  /** The bar's pixel for the content's at the top of the view. */
  barTop(contentTop: number): number {
    return this.scaled ? (contentTop / this.lastTop) * (this.boxPx - this.viewPx) : contentTop;
  }

  clamp(contentTop: number): number {
    return Math.min(this.lastTop, Math.max(0, contentTop));
  }
}

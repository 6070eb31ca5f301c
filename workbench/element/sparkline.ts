import { html, svg, type TemplateResult } from "lit";
import { formatCount } from "../format/number.ts";

const WIDTH = 120;
const HEIGHT = 22;

/** Bars of counts in equal slices of time, oldest first; a slice without any shows only the base line. */
export function sparkline(counts: readonly number[], label: string): TemplateResult {
  if (counts.length === 0) return html`<span class="muted">no data</span>`;
  const highest = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  const width = Math.max(step - 0.4, 0.6);
  const path = counts
    .map((count, index) => {
      const height = count === 0 ? 0 : Math.max((count / highest) * (HEIGHT - 2), 1);
      return `M${(index * step).toFixed(2)} ${HEIGHT - 1}v${(-height).toFixed(2)}h${width.toFixed(2)}v${height.toFixed(2)}z`;
    })
    .join("");
  const text = `${label}: ${counts.length} slices, highest ${formatCount(highest)}`;
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${text}>
    ${svg`<title>${text}</title><path d=${path}></path><line x1="0" x2=${WIDTH} y1=${HEIGHT - 0.5} y2=${HEIGHT - 0.5}></line>`}
  </svg>`;
}

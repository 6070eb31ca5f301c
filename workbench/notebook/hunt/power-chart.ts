import { html, nothing, svg, type TemplateResult } from "lit";
import { ORDINARY } from "../../../notebooks/hunt/event-template.ts";
import type { PowerMeasurement, PowerVariant } from "../../../notebooks/hunt/hunt-record.ts";
import { percent } from "../../../notebooks/hunt/power-sentence.ts";

const WIDTH = 100;

/** The share found of each kind of event, with its interval: where the query is blind shows at a glance. */
export function powerChart(power: PowerMeasurement): TemplateResult {
  const whole: PowerVariant = {
    name: "as written",
    injected: power.injected,
    found: power.found,
    low: power.low,
    high: power.high,
  };
  const hidden = power.variants.filter(({ name }) => name !== ORDINARY);
  const ordinary = power.variants.find(({ name }) => name === ORDINARY);
  return html`<table class="power-chart">
    <caption class="hidden">Share of injected events that the query found</caption>
    <thead class="hidden">
      <tr>
        <th scope="col">Events</th>
        <th scope="col">Share</th>
        <th scope="col">Found</th>
      </tr>
    </thead>
    <tbody>
      ${[whole, ...hidden].map((variant) => line(variant, false))}
      ${ordinary ? line(ordinary, true) : nothing}
    </tbody>
  </table>`;
}

function line(variant: PowerVariant, isOrdinary: boolean): TemplateResult {
  const share = variant.injected === 0 ? 0 : variant.found / variant.injected;
  const isBlind = !isOrdinary && variant.high < 0.5;
  const told = `${variant.found} of ${variant.injected}, between ${percent(variant.low)} and ${percent(variant.high)}`;
  return html`<tr class=${isOrdinary ? "ordinary" : isBlind ? "blind" : ""}>
    <th scope="row" title=${isOrdinary ? "Rows of the data injected once more: what the query finds of anything at all" : nothing}>
      ${isOrdinary ? "ordinary events" : variant.name}
    </th>
    <td>
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${told}>
        ${svg`<rect class="ground" x="0" y="2" width=${WIDTH} height="8"></rect>
        <rect class="share" x="0" y="2" width=${share * WIDTH} height="8"></rect>
        <rect class="interval" x=${variant.low * WIDTH} y="5" width=${Math.max(0.5, (variant.high - variant.low) * WIDTH)} height="2"></rect>`}
      </svg>
    </td>
    <td class="number" title=${told}>${variant.found}/${variant.injected}${isBlind ? html` <strong>blind</strong>` : nothing}</td>
  </tr>`;
}

import { html, nothing, svg, type TemplateResult } from "lit";
import type { DrawnPlan, DrawnStep } from "./plan-steps.ts";

const NODE_WIDTH = 190;
const NODE_HEIGHT = 48;
const GAP = 14;
const LANE = 70;
const WIDTH = 3 * NODE_WIDTH + 2 * LANE;
const LONGEST_TITLE = 27;
const HEAD = 24;

/** A response plan as a graph: automation, then the alert, then the choices with what they record. */
export function planGraph(plan: Extract<DrawnPlan, { ok: true }>): TemplateResult {
  const rows = Math.max(plan.automations.length, plan.options.length, 1);
  const height = rows * (NODE_HEIGHT + GAP) + HEAD + 4;
  const middle = HEAD + (height - HEAD - 4) / 2 - NODE_HEIGHT / 2;
  const alertX = NODE_WIDTH + LANE;
  const optionX = 2 * (NODE_WIDTH + LANE);
  return html`<svg class="plan-graph" viewBox="-2 0 ${WIDTH + 4} ${height}" role="img" aria-label=${spoken(plan)}>
      ${svg`
        <text class="sub" x="0" y="12">first, by itself</text>
        <text class="sub" x=${alertX} y="12">then a person is asked</text>
        <text class="sub" x=${optionX} y="12">and may choose</text>
        ${plan.automations.map((step, index) => {
          const y = rowY(index, plan.automations.length, height);
          return svg`${edge(NODE_WIDTH, y + NODE_HEIGHT / 2, alertX, middle + NODE_HEIGHT / 2)}${node(step, 0, y, step.uses)}`;
        })}
        <g class="alert-node">
          <rect x=${alertX} y=${middle} width=${NODE_WIDTH} height=${NODE_HEIGHT} rx="4"></rect>
          <text x=${alertX + 10} y=${middle + 20}>Alert to the owner</text>
          <text class="sub" x=${alertX + 10} y=${middle + 37}>with what automation found</text>
        </g>
        ${plan.options.map((step, index) => {
          const y = rowY(index, plan.options.length, height);
          const ends = step.outcome === "" ? "stays open" : `records ${step.outcome}`;
          return svg`${edge(alertX + NODE_WIDTH, middle + NODE_HEIGHT / 2, optionX, y + NODE_HEIGHT / 2)}${node(step, optionX, y, ends)}`;
        })}
      `}
    </svg>
    ${plan.automations.length === 0 ? html`<p class="notice warning">Nothing runs before a person is asked. The gate wants at least one automation.</p>` : nothing}
    ${plan.options.length < 2 ? html`<p class="notice warning">A person needs at least two choices.</p>` : nothing}`;
}

function rowY(index: number, count: number, height: number): number {
  const used = count * (NODE_HEIGHT + GAP) - GAP;
  return HEAD + (height - HEAD - 4 - used) / 2 + index * (NODE_HEIGHT + GAP);
}

function node(step: DrawnStep, x: number, y: number, sub: string) {
  return svg`<g>
    <title>${step.effect || step.title}</title>
    <rect x=${x} y=${y} width=${NODE_WIDTH} height=${NODE_HEIGHT} rx="4"></rect>
    <text x=${x + 10} y=${y + 20}>${cut(step.title)}</text>
    <text class="sub" x=${x + 10} y=${y + 37}>${cut(sub)}</text>
  </g>`;
}

function edge(fromX: number, fromY: number, toX: number, toY: number) {
  const half = (fromX + toX) / 2;
  return svg`<path d=${`M${fromX} ${fromY}C${half} ${fromY} ${half} ${toY} ${toX} ${toY}`}></path>`;
}

function cut(text: string): string {
  return text.length <= LONGEST_TITLE ? text : `${text.slice(0, LONGEST_TITLE - 1)}\u2026`;
}

function spoken(plan: Extract<DrawnPlan, { ok: true }>): string {
  const names = (steps: readonly DrawnStep[]) => steps.map(({ title }) => title).join(", ") || "nothing";
  return `First, by itself: ${names(plan.automations)}. Then the owner is asked and may choose: ${names(plan.options)}.`;
}

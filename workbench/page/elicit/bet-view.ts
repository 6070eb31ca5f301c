import { html, svg, type TemplateResult } from "lit";
import type { InputKind } from "../../../promote/risk/elicit/elicited-input.ts";
import type { Bet, BetChoice } from "../../../promote/risk/elicit/equivalent-bet.ts";
import { formatInterval } from "./spoken-number.ts";

export interface BetOptions {
  readonly kind: InputKind;
  readonly bet: Bet;
  readonly choose: (choice: BetChoice) => void;
  readonly take: () => void;
  readonly stop: () => void;
}

/** The equivalent bet: the interval on one side, a wheel that wins nine times in ten on the other. */
export function betView({ kind, bet, choose, take, stop }: BetOptions): TemplateResult {
  const interval = formatInterval(kind, bet.interval.low, bet.interval.high);
  return html`<section class="bet" aria-label="Equivalent bet">
    <p>You can win $1,000. Which bet do you take?</p>
    <div class="bet-sides">
      <div class="bet-side">
        <p class="bet-interval" aria-live="polite">${interval}</p>
        <p class="muted">You win if the true number lies in this interval.</p>
        <button type="button" class="button" ?disabled=${bet.settled} @click=${() => choose("interval")}>Bet on my interval</button>
      </div>
      <div class="bet-side">
        ${wheel()}
        <p class="muted">You win if it stops on the coloured part: nine times in ten.</p>
        <button type="button" class="button" ?disabled=${bet.settled} @click=${() => choose("wheel")}>Spin the wheel</button>
      </div>
    </div>
    <div class="buttons">
      ${
        bet.settled
          ? html`<button type="button" class="button primary" @click=${take}>Use ${interval}</button>`
          : html`<button type="button" class="button" @click=${() => choose("either")}>I do not care which</button>`
      }
      <button type="button" class="button small" @click=${stop}>Leave the bet</button>
      <span class="muted" role="status">${said(bet)}</span>
    </div>
  </section>`;
}

function said(bet: Bet): string {
  if (bet.settled) return "Both bets are worth the same to you: you are about 90% sure.";
  const last = bet.choices.at(-1);
  if (last === "wheel") return "You were less than 90% sure, so the interval was widened.";
  if (last === "interval") return "You were more than 90% sure, so the interval was narrowed.";
  return "Who is 90% sure does not care which.";
}

/** A wheel whose losing part is a tenth. */
function wheel(): TemplateResult {
  const [radius, centre] = [52, 60];
  const angle = Math.PI * 2 * 0.1;
  const x = centre + radius * Math.sin(angle);
  const y = centre - radius * Math.cos(angle);
  return html`<svg class="wheel" viewBox="0 0 120 120" role="img" aria-label="A wheel, nine tenths of it coloured">
    ${svg`<circle cx=${centre} cy=${centre} r=${radius} class="wheel-win"></circle>
      <path d="M${centre} ${centre} L${centre} ${centre - radius} A${radius} ${radius} 0 0 1 ${x} ${y} Z" class="wheel-lose"></path>
      <circle cx=${centre} cy=${centre} r="4" class="wheel-pin"></circle>
      <path d="M${centre - 6} 2 L${centre + 6} 2 L${centre} 13 Z" class="wheel-pin"></path>`}
  </svg>`;
}

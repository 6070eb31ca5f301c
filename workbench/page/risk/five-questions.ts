import { html, type TemplateResult } from "lit";
import type { RiskReport } from "../../../promote/risk/report-value.ts";
import { formatShare, formatUsd } from "../../format/number.ts";

/** The five questions that a lead asks, each with its answer in a line and the way to the whole of it. */
export function fiveQuestions(report: RiskReport): TemplateResult {
  const entries = [
    { href: "#worth", question: "What is it worth?", answer: worth(report) },
    { href: "#keep-or-drop", question: "What if we drop it?", answer: dropped(report) },
    { href: "#measure", question: "What should we measure next?", answer: measured(report) },
    { href: "#forecasts", question: "Are our forecasts any good?", answer: forecasts(report) },
    { href: "#changed", question: "What changed?", answer: changed(report) },
  ];
  return html`<nav class="five-questions" aria-label="Five questions">
    <ol>
      ${entries.map(
        ({ href, question, answer }) =>
          html`<li><a href=${href} @click=${show}>${question}</a><span>${answer}</span></li>`,
      )}
    </ol>
  </nav>`;
}

/** Shows the place without a step in the history, and hands it the keys. */
function show(event: MouseEvent): void {
  const href = (event.currentTarget as HTMLAnchorElement).getAttribute("href")!;
  const place = document.querySelector<HTMLElement>(href);
  if (place === null || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  place.scrollIntoView({ block: "start" });
  place.setAttribute("tabindex", "-1");
  place.focus({ preventScroll: true });
}

function worth({ headline }: RiskReport): string {
  return `${formatUsd(headline.net.mean)} a year net of cost, ${formatShare(headline.netPositive)} likely above zero`;
}

function dropped({ sources }: RiskReport): string {
  const onboard = sources.filter(({ status }) => status === "onboarded");
  if (onboard.length === 0) return "Nothing is on board";
  const [most, least] = [
    onboard.reduce((best, one) => (one.netMarginal.mean > best.netMarginal.mean ? one : best)),
    onboard.reduce((best, one) => (one.netMarginal.mean < best.netMarginal.mean ? one : best)),
  ];
  return most === least
    ? `Without ${most.id}: ${signed(-most.netMarginal.mean)} a year`
    : `Without ${most.id} ${signed(-most.netMarginal.mean)} a year, without ${least.id} ${signed(-least.netMarginal.mean)}`;
}

function measured({ huntFirst, information, focus }: RiskReport): string {
  const hunt = huntFirst.find(({ verdict }) => verdict === "hunt");
  if (hunt)
    return `${breakable(hunt.input)}: ${hunt.bestTests} trials gain ${formatUsd(hunt.bestNetGainUsd)}`;
  const first = information.bars[0];
  return first
    ? `${breakable(first.input)}: worth up to ${formatUsd(first.evppiUsd)} a year for ${focus.source}`
    : "Nothing: just decide";
}

function forecasts({ calibration }: RiskReport): string {
  if (calibration.resolved === 0) return `None resolved yet, ${calibration.open} open`;
  const score = calibration.brier === null ? "" : `, Brier ${calibration.brier.toFixed(3)}`;
  return `${calibration.resolved} resolved${score}`;
}

function changed({ changes, previousGenerated }: RiskReport): string {
  if (previousGenerated === null) return "This is the first report";
  if (changes.length === 0) return "No figure moved by more than 1%";
  const move = ({ before, after }: RiskReport["changes"][number]) => Math.abs(after - before);
  const largest = changes.reduce((most, row) => (move(row) > move(most) ? row : most));
  return `${changes.length} ${changes.length === 1 ? "figure" : "figures"} moved; most: ${largest.figure} ${signed(largest.after - largest.before)}`;
}

/** An input's name that may be broken where its parts meet. */
function breakable(name: string): string {
  return name.replace(/[:/]/g, "$&\u200b");
}

function signed(usd: number): string {
  return `${usd > 0 ? "+" : ""}${formatUsd(usd)}`;
}

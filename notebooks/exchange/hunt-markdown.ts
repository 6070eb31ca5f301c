/** A hunt record for people who read it elsewhere. Pure functions only. */
import type { HuntRecord } from "../hunt/hunt-record.ts";
import { markdownText } from "./result-table.ts";

/** The hunt record as Markdown; empty when it says nothing. Values of the record are text and become nothing else. */
export function huntMarkdown(hunt: HuntRecord): string {
  const lines: string[] = [];
  const fact = (name: string, value: string) => {
    if (value.trim() !== "") lines.push(`| ${name} | ${markdownText(value)} |`);
  };
  fact("Hypothesis", hunt.hypothesis);
  fact("Would be refuted by", hunt.refutation);
  if (hunt.techniques.length > 0) fact("ATT&CK", hunt.techniques.join(", "));
  for (const { dataset, columns, why } of hunt.dataNeeds) {
    fact("Data", `${dataset}${columns.length > 0 ? ` (${columns.join(", ")})` : ""}${why ? `: ${why}` : ""}`);
  }
  if (lines.length === 0 && hunt.findings.length === 0) return "";
  fact("State", hunt.state);
  fact("Owner", hunt.owner);
  if (hunt.hours > 0) fact("Hours", String(hunt.hours));
  fact("Conclusion", hunt.conclusion);
  if (hunt.outcome.kind !== null)
    fact("Outcome", `${hunt.outcome.kind}${hunt.outcome.reference ? `: ${hunt.outcome.reference}` : ""}`);
  for (const { cell, injected, found, low, high, confidence, complete } of hunt.powers) {
    fact(
      "Power",
      `cell ${cell} found ${found} of ${injected} injected (${percent(low)} to ${percent(high)} at ${percent(confidence)})${complete ? "" : ", not complete"}`,
    );
  }
  const findings = hunt.findings.map(
    ({ note, rowCount, complete, dataHash, firstTime, lastTime, at, by }) =>
      `- ${markdownText(note || "no note")} (${rowCount.toLocaleString("en-US")} ${rowCount === 1 ? "row" : "rows"}${complete ? "" : ", not complete"}${firstTime ? `, ${markdownText(firstTime)} to ${markdownText(lastTime ?? firstTime)}` : ""}; data ${markdownText(dataHash.slice(0, 16))}; pinned ${markdownText(at)} by ${markdownText(by)})`,
  );
  return [
    "## Hunt record",
    "",
    "| | |",
    "| --- | --- |",
    ...lines,
    ...(findings.length > 0 ? ["", "### Findings", "", ...findings] : []),
  ].join("\n");
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

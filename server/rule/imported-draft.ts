import type { QueryColumn } from "../../notebooks/engine/engine.ts";
import {
  proposedResources,
  type Resource,
  renderAdditionalResources,
} from "../../promote/ads/additional-resources.ts";
import { renderFalsePositives } from "../../promote/ads/false-positives.ts";
import { renderGoal } from "../../promote/ads/goal.ts";
import { parseAds } from "../../promote/ads/parse.ts";
import { renderAds } from "../../promote/ads/render.ts";
import { draftRule } from "../../promote/gate/draft.ts";
import { parseRule } from "../../promote/rule/parse.ts";
import type { RuleFiles } from "../../promote/rule/rule-files.ts";
import { ruleYaml } from "../../promote/rule/serialize.ts";
import type { SigmaOutcome } from "./sigma-import.ts";

export interface ImportedDraftRequest {
  readonly name: string;
  readonly outcome: SigmaOutcome;
  readonly columns: readonly QueryColumn[];
  readonly owner: string;
  /** The Sigma text as it was given. */
  readonly sigmaYaml?: string;
  /** Parts that the query was written from, and what they say in a sentence. */
  readonly shape?: { readonly yaml: string; readonly sentence: string };
  readonly tests?: RuleFiles["tests"];
  /** Why it does not stream, where that is known. */
  readonly batchReason?: string;
  /** What its author says is to be done about an alert: the Response begins with it. */
  readonly runbook?: string;
  readonly references: readonly Resource[];
  /** Where it came from, one fact a line. */
  readonly origin: readonly string[];
}

const SAYS_NOTHING =
  /^(?:unknown|unlikely|none|n\/?a|-|likely|rare|rarely|legitimate (?:use|activity|usage)|low)\.?$/i;

/**
 * The files of a draft made from a rule of elsewhere. What its author wrote fills the ADS as far as it goes: the behaviour,
 * harmless activity as statements that still lack their predicates, what to do, links. What nobody said stays a prompt.
 */
export function importedDraft(request: ImportedDraftRequest): RuleFiles {
  const { name, outcome } = request;
  const files = draftRule({
    name,
    sql: outcome.sql,
    title: outcome.title,
    timeColumn: "_time",
    entities: outcome.entities,
    lookbackMs: outcome.lookbackMs,
    author: outcome.author,
    owner: request.owner,
    columns: request.columns,
    datasets: outcome.datasets,
    techniques: outcome.techniques,
    ...(request.shape === undefined
      ? {}
      : { shapeYaml: request.shape.yaml, shapeSentence: request.shape.sentence }),
    ...(request.batchReason === undefined ? {} : { batchReason: request.batchReason }),
  });
  const rule = parseRule(files, `rules/${name}`);
  const ads = parseAds(files.adsMarkdown, `rules/${name}/ADS.md`);
  if (!rule.ok || !ads.ok)
    throw new Error(`The draft of ${name} does not parse: ${JSON.stringify(rule.issues)}`);
  const statements = outcome.falsePositives
    .map((text) => text.replaceAll(/\s+/g, " ").trim())
    .filter((text) => text !== "" && !SAYS_NOTHING.test(text));
  const links = [
    ...proposedResources(outcome.techniques, null),
    ...outcome.references.flatMap(linkOf),
    ...request.references,
  ];
  const { sections } = ads.value;
  const filled = {
    ...ads.value,
    sections: {
      ...sections,
      goal:
        outcome.description === ""
          ? sections.goal
          : `${sections.goal}\n\n${renderGoal({ actor: "", behaviour: outcome.description.replaceAll(/\s+/g, " "), asset: "", prose: "" })}`.trim(),
      falsePositives:
        statements.length === 0
          ? sections.falsePositives
          : renderFalsePositives(
              statements.map((statement) => ({
                kind: "item",
                item: { marker: "-", statement, sql: null, note: "" },
              })),
            ),
      response:
        request.runbook === undefined || request.runbook === ""
          ? sections.response
          : `${sections.response}\n\n${asProse(request.runbook)}`.trim(),
      additionalResources:
        links.length === 0
          ? sections.additionalResources
          : renderAdditionalResources(
              [...new Map(links.map((link) => [link.url, link])).values()].map((item) => ({
                kind: "item",
                item,
              })),
            ),
    },
    appendices: [
      ...ads.value.appendices,
      { heading: "Origin", body: request.origin.map((line) => `- ${line}`).join("\n") },
    ],
  };
  return {
    ...files,
    ruleYaml: ruleYaml({ ...rule.value, description: outcome.description, severity: outcome.severity }),
    adsMarkdown: renderAds(filled),
    ...(request.sigmaYaml === undefined ? {} : { sigmaYaml: request.sigmaYaml }),
    tests: { ...files.tests, ...request.tests },
  };
}

/** Text of elsewhere as Markdown that begins no section and no comment of its own. */
function asProse(text: string): string {
  return text
    .replaceAll("\r", "")
    .replaceAll("<!--", "&lt;!--")
    .replaceAll(/^(\s*)(#|={2,}\s*$|-{2,}\s*$|`{3}|~{3})/gm, "$1\\$2")
    .trim();
}

/** An address of a rule as a link; one that is none is left out. */
function linkOf(text: string): Resource[] {
  const url = text.trim();
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url) || /\s/.test(url)) return [];
  const { hostname, pathname } = new URL(url);
  const last = pathname.split("/").filter(Boolean).at(-1) ?? "";
  return [{ title: `${hostname.replace(/^www\./, "")}${last === "" ? "" : `: ${last.slice(0, 60)}`}`, url }];
}

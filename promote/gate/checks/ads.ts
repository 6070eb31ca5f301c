import { additionalResourceGaps, linkedAddresses } from "../../ads/additional-resources.ts";
import { ADS_SECTIONS, type AdsSectionName, isEmptySection, sectionLink } from "../../ads/ads.ts";
import { blindSpotGaps, blindSpotsOf } from "../../ads/blind-spots.ts";
import { categorizationGaps, categorized } from "../../ads/categorization.ts";
import { falsePositiveGaps, falsePositivesOf } from "../../ads/false-positives.ts";
import type { Gap } from "../../ads/gap.ts";
import { goalGaps, parseGoal } from "../../ads/goal.ts";
import { parsePriority, priorityGaps, priorityLevel } from "../../ads/priority.ts";
import { responseGaps } from "../../ads/response.ts";
import { strategyGaps } from "../../ads/strategy.ts";
import { technicalContextGaps } from "../../ads/technical-context.ts";
import { validationGaps } from "../../ads/validation.ts";
import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, gapsAnswer, passed, waiting } from "./answer.ts";

/** The ten sections of the ADS, each by what it must say. */
export function adsChecks(input: GateInput): GateCheck[] {
  return ADS_SECTIONS.map(({ name, title }) =>
    check(
      sectionLink(name).replace("#", "."),
      `ADS: ${title}`,
      sectionLink(name),
      sectionAnswer(name, input),
    ),
  );
}

function sectionAnswer(name: AdsSectionName, input: GateInput): Answer {
  const body = input.ads?.sections[name] ?? "";
  if (isEmptySection(body))
    return failed(
      "The section is empty.",
      "Write it in your own words; prompts, comments and placeholders do not count.",
    );
  if (name === "technicalContext" && !input.resultColumns)
    return waiting("The rule's fields are known once the query is valid.", "Correct the query first.");
  return gapsAnswer(gapsOf(name, body, input)) ?? passed(evidenceOf(name, body, input));
}

function gapsOf(name: AdsSectionName, body: string, input: GateInput): Gap[] {
  const { rule, plan, owners } = input;
  const sections: Readonly<Record<AdsSectionName, () => Gap[]>> = {
    goal: () => goalGaps(parseGoal(body)),
    categorization: () => categorizationGaps(body, rule?.techniques ?? []),
    strategyAbstract: () => strategyGaps(body, rule),
    technicalContext: () =>
      technicalContextGaps(
        body,
        (input.resultColumns ?? []).map((column) => column.name),
      ),
    blindSpots: () =>
      blindSpotGaps(
        body,
        owners.owners.map((owner) => owner.name),
      ),
    falsePositives: () => falsePositiveGaps(body),
    validation: () => validationGaps(body),
    priority: () => priorityGaps(body, rule?.severity ?? null),
    response: () => responseGaps(body, plan, rule?.owner ?? ""),
    additionalResources: () => additionalResourceGaps(body),
  };
  return sections[name]();
}

function evidenceOf(name: AdsSectionName, body: string, { rule, resultColumns }: GateInput): string {
  const words = `${body.split(/\s+/).filter(Boolean).length} words.`;
  const sections: Readonly<Partial<Record<AdsSectionName, () => string>>> = {
    categorization: () =>
      `${categorized(body)
        .map(({ tactic, technique }) => `${technique} (${tactic})`)
        .join(", ")}.`,
    strategyAbstract: () => `Generated from version ${rule?.version ?? ""}.`,
    technicalContext: () => `All ${resultColumns?.length ?? 0} fields are explained.`,
    blindSpots: () => `${blindSpotsOf(body).length} are listed, each bound to a check or to an owner.`,
    falsePositives: () => {
      const count = falsePositivesOf(body).length;
      return count === 0
        ? "None is known, and it says how it was looked for."
        : `${count} with a predicate each.`;
    },
    priority: () => `${priorityLevel(parsePriority(body).level) ?? ""}.`,
    response: () => "It tells of the plan as it is.",
    additionalResources: () => `${linkedAddresses(body).length} links, all well formed.`,
  };
  return sections[name]?.() ?? words;
}

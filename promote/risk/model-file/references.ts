import { MAXIMUM_SOURCES_PER_SCENARIO } from "../chain.ts";
import type { RiskModel } from "../model.ts";
import type { Reader } from "./reader.ts";

const MAXIMUM_SOURCES = 20;

/** Reports ids that are there twice, names that lead nowhere and models too large to enumerate. */
export function checkReferences(reader: Reader, model: RiskModel): void {
  for (const [key, list] of [
    ["scenarios", model.scenarios],
    ["sources", model.sources],
    ["detections", model.detections],
  ] as const) {
    const seen = new Set<string>();
    list.forEach((item, i) => {
      if (seen.has(item.id))
        reader.error(
          "id.twice",
          [key, i, "id"],
          `${item.id} is there twice.`,
          "Give every entry its own id.",
        );
      seen.add(item.id);
    });
    if (list.length === 0 && key !== "detections")
      reader.error("empty", [key], `The model has no ${key}.`, `List at least one under ${key}.`);
  }
  if (model.sources.length > MAXIMUM_SOURCES) {
    reader.error(
      "sources.many",
      ["sources"],
      `The model has more than ${MAXIMUM_SOURCES} sources.`,
      "Join sources that always come together.",
    );
  }
  const scenarioIds = new Set(model.scenarios.map((scenario) => scenario.id));
  const sourceIds = new Set(model.sources.map((source) => source.id));
  model.sources.forEach((source, i) => {
    for (const id of Object.keys(source.coverage)) {
      if (!scenarioIds.has(id))
        reader.error(
          "coverage.scenario",
          ["sources", i, "coverage", id],
          `No scenario is called ${id}.`,
          `Use one of ${[...scenarioIds].join(", ")}.`,
        );
    }
  });
  const techniques = new Set(
    model.scenarios.flatMap((scenario) =>
      scenario.steps.flatMap((step) => step.techniques.map(([technique]) => technique)),
    ),
  );
  model.detections.forEach((detection, i) => {
    for (const id of detection.requires) {
      if (!sourceIds.has(id))
        reader.error(
          "requires.source",
          ["detections", i, "requires"],
          `${detection.id} needs ${id}, which is not a source of the model.`,
          "Add the source, or take it out of requires.",
        );
    }
    if (!detection.targets.some((target) => techniques.has(target)))
      reader.report(
        "warning",
        "targets",
        ["detections", i, "targets"],
        `${detection.id} targets no technique of any scenario, so it is worth nothing here.`,
        "Add its technique to a scenario's steps, or drop it.",
      );
  });
  for (const [s, scenario] of model.scenarios.entries()) {
    const touching = model.sources.filter((source) => source.coverage[scenario.id]).length;
    if (touching > MAXIMUM_SOURCES_PER_SCENARIO)
      reader.error(
        "scenario.sources",
        ["scenarios", s],
        `${touching} sources cover ${scenario.id}; at most ${MAXIMUM_SOURCES_PER_SCENARIO} can be enumerated.`,
        "Split the scenario, or join sources that always come together.",
      );
  }
}

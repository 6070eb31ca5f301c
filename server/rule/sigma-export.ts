import type { Issue } from "../../connectors/issue/issue.ts";
import { linkedAddresses } from "../../promote/ads/additional-resources.ts";
import { isEmptySection } from "../../promote/ads/ads.ts";
import { falsePositivesOf } from "../../promote/ads/false-positives.ts";
import { technique } from "../../promote/attack/attack.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { parseShape } from "../../promote/rule/shape/parse.ts";
import type { Shape } from "../../promote/rule/shape/shape.ts";
import { shapeSql } from "../../promote/rule/shape/sql.ts";
import { exportSigma, type SigmaLogSourceNames } from "../../promote/rule/sigma/export/export.ts";
import { readSelect, UnreadableSql } from "../../promote/rule/sigma/export/sql-condition.ts";
import { SqlTrees } from "../../promote/rule/sql-tree.ts";
import { normalSql } from "../../promote/rule/version.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { SigmaExport } from "./exchange-types.ts";
import { isAsGiven } from "./given-sigma.ts";
import { type LoadedRule, loadRule } from "./loaded-rule.ts";
import { sigmaSurroundings } from "./sigma-surroundings.ts";

/**
 * A rule as Sigma. One that came from Sigma and whose SQL was not edited since is given back as it came; one built from parts, and one
 * whose SQL is a plain SELECT, are written anew. Throws RefusedError(409) with the reason by name where Sigma cannot say it.
 */
export async function sigmaOf(spoor: Spoor, name: string): Promise<SigmaExport> {
  const loaded = loadRule(name, spoor.rules.files(name), undefined);
  const { rule, files } = loaded;
  if (rule === null) throw new RefusedError(409, `The files of rule ${name} cannot be read.`, loaded.issues);
  const issues: Issue[] = [];
  const tell = (code: string, message: string, remedy: string): void => {
    issues.push({
      severity: "warning",
      code: `sigma.export.${code}`,
      place: `rules/${name}`,
      message,
      remedy,
    });
  };
  const { sigmaYaml } = files;
  if (sigmaYaml !== undefined && files.shapeYaml === undefined) {
    if (isAsGiven(spoor.store, name, { sigmaYaml, sql: rule.sql }, await sigmaSurroundings(spoor))) {
      tell(
        "as-given",
        "This is the Sigma text that the rule came from, as it was given: what was changed in ADS.md since is not in it.",
        "Add what you know of it by hand before you hand it on.",
      );
      for (const what of leftOf(loaded))
        tell("left", `Sigma has no place for the ${what}.`, "Send a bundle as well.");
      return { name, yaml: sigmaYaml, issues };
    }
    tell(
      "edited",
      "The SQL no longer is what the Sigma text gives that the rule came from: this is what the SQL says now.",
      "Compare the detections before you hand it on.",
    );
  }
  const shape = await shapeOf(loaded, rule, spoor);
  const ads = loaded.ads?.sections;
  const written = exportSigma({
    rule,
    shape,
    logSourceOf: (dataset) => logSourceOf(spoor, dataset),
    tactics: [...new Set(rule.techniques.flatMap((id) => technique(id)?.tactics ?? []))].map((tactic) =>
      tactic.toLowerCase().replaceAll(" ", "-"),
    ),
    falsePositives:
      ads === undefined || isEmptySection(ads.falsePositives)
        ? []
        : falsePositivesOf(ads.falsePositives).map(({ statement }) => statement),
    references:
      ads === undefined ? [] : linkedAddresses(ads.additionalResources).filter((url) => /^https?:/.test(url)),
    left: leftOf(loaded),
  });
  if (!written.ok)
    throw new RefusedError(
      409,
      `Sigma cannot say what ${name} says.`,
      written.issues.filter(({ severity }) => severity === "error"),
    );
  return { name, yaml: written.value, issues: [...issues, ...written.issues] };
}

/** The parts of a rule: its shape, else what a plain SELECT says. */
async function shapeOf({ files }: LoadedRule, rule: Rule, spoor: Spoor): Promise<Shape> {
  const place = `rules/${rule.name}/shape.yaml`;
  if (files.shapeYaml !== undefined) {
    const parsed = parseShape(files.shapeYaml, place);
    if (!parsed.ok) throw new RefusedError(409, "The rule's parts cannot be read.", parsed.issues);
    const written = shapeSql(parsed.value, (dataset) => spoor.registry.get(dataset)?.columns ?? null);
    if (normalSql(written.sql) === rule.sql) return parsed.value;
  }
  const trees = await SqlTrees.open();
  try {
    const { dataset, condition } = readSelect((await trees.parse(rule.sql)).tree);
    const by = rule.entities.map(({ column }) => column);
    return { kind: "filter", events: { name: "events", dataset, where: condition, by, minimumCount: 1 }, by };
  } catch (error) {
    if (!(error instanceof UnreadableSql)) throw error;
    throw new RefusedError(409, `Sigma cannot say what the SQL of ${rule.name} says.`, [
      {
        severity: "error",
        code: "sigma.export.sql",
        place: `rules/${rule.name}/rule.sql`,
        message: `The SQL is no plain SELECT of one dataset with a WHERE that Sigma can say: ${error.message}.`,
        remedy: "Build the rule from parts, or send a bundle.",
      },
    ]);
  } finally {
    trees.close();
  }
}

function logSourceOf(spoor: Spoor, dataset: string): SigmaLogSourceNames | null {
  const source = spoor.registry.get(dataset)?.source;
  const definition = source === undefined ? undefined : spoor.sources.files.definition(source);
  const found = definition?.logsources?.find(
    (one) => (one.dataset ?? dataset) === dataset && one.where.length === 0,
  );
  if (found === undefined) return null;
  const { product, category, service } = found;
  return {
    ...(product ? { product } : {}),
    ...(category ? { category } : {}),
    ...(service ? { service } : {}),
  };
}

/** What a rule has that no Sigma text can hold. */
function leftOf({ plan, ads, files }: LoadedRule): string[] {
  const tests = Object.keys(files.tests).length;
  const sections =
    ads === null
      ? 0
      : (["blindSpots", "technicalContext", "validation", "priority", "response"] as const).filter(
          (name) => !isEmptySection(ads.sections[name]),
        ).length;
  return [
    ...(plan !== null && plan.automations.length + plan.options.length > 0 ? ["response plan"] : []),
    ...(tests > 0 ? [`${tests} ${tests === 1 ? "test" : "tests"}`] : []),
    ...(sections > 0
      ? [
          `${sections} ADS ${sections === 1 ? "section" : "sections"} on blind spots, context, validation, priority and response`,
        ]
      : []),
  ];
}

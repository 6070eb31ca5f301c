import type { Command } from "commander";
import { parseAds } from "../../promote/ads/parse.ts";
import { refreshAds } from "../../promote/ads/refresh.ts";
import { renderAds } from "../../promote/ads/render.ts";
import { datasetsNamed } from "../../promote/ads/strategy/query-outline.ts";
import { parseResponsePlan } from "../../promote/plan/parse.ts";
import { parseRule } from "../../promote/rule/parse.ts";
import { parseShape } from "../../promote/rule/shape/parse.ts";
import { shapeSentence } from "../../promote/rule/shape/sentence.ts";
import type { QueryJson, RuleDetail, RuleFiles } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { type Connection, jsonBody } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { issueLines, printable } from "./output.ts";

/** Writes into ADS.md what is made from the rule, its fields and its plan; a person's words stay as they are. */
export function describeCommand(): Command {
  return sharedCommand(
    "describe",
    "Write anew what ADS.md says of the query, its fields and the response plan.",
    "spoor rule describe encoded-service-child",
  )
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const address = `/api/rules/${encodeURIComponent(name)}`;
        const { files } = await connection.json<RuleDetail>(address);
        const rule = parseRule(files, `rules/${name}`);
        const ads = parseAds(files.adsMarkdown, `rules/${name}/ADS.md`);
        const plan = parseResponsePlan(files.responseYaml, `rules/${name}/response.yaml`);
        if (!rule.ok || !ads.ok) {
          output.note(issueLines([...rule.issues, ...ads.issues]));
          process.exitCode = EXIT.no;
          return;
        }
        const adsMarkdown = renderAds(
          refreshAds(ads.value, {
            rule: rule.value,
            datasets: datasetsNamed(rule.value.sql),
            shapeSentence: sentenceOf(files),
            columns: await columnsOf(connection, rule.value.sql),
            plan: plan.ok ? plan.value : null,
            priority: null,
          }),
        );
        if (adsMarkdown !== files.adsMarkdown)
          await connection.json<RuleDetail>(address, {
            ...jsonBody({ ...files, adsMarkdown }),
            method: "PUT",
          });
        output.out(output.json ? JSON.stringify({ adsMarkdown }) : printable(adsMarkdown));
      }),
    );
}

function sentenceOf({ shapeYaml }: RuleFiles): string | null {
  const shape = shapeYaml === undefined ? null : parseShape(shapeYaml, "shape.yaml");
  return shape?.ok ? shapeSentence(shape.value) : null;
}

async function columnsOf(connection: Connection, sql: string): Promise<string[]> {
  const { columns } = await connection.json<QueryJson>(
    "/api/query",
    jsonBody({ sql: `select * from (\n${sql}\n) limit 0`, format: "json" }),
  );
  return columns.map(({ name }) => name);
}

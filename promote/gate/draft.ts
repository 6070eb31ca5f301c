import type { EntityKind } from "../../connectors/source/source.ts";
import { formatDuration } from "../../connectors/yaml/duration.ts";
import type { QueryColumn } from "../../notebooks/engine/engine.ts";
import { type Goal, renderGoal } from "../ads/goal.ts";
import { refreshAds } from "../ads/refresh.ts";
import { renderAds } from "../ads/render.ts";
import { datasetsNamed } from "../ads/strategy/query-outline.ts";
import { adsTemplate } from "../ads/template.ts";
import { planTemplate } from "../plan/template.ts";
import { DEFAULT_ALLOWED_LATENESS_MS, DEFAULT_CRON, DEFAULT_SLICE_MS } from "../rule/parse.ts";
import { proposeEntities, proposeTimeColumn } from "../rule/propose.ts";
import type { Rule, RuleEntity } from "../rule/rule.ts";
import type { RuleFiles } from "../rule/rule-files.ts";
import { ruleYaml } from "../rule/serialize.ts";
import { normalSql, ruleVersion } from "../rule/version.ts";

const YEAR_MS = 366 * 86_400_000;

export interface DraftRequest {
  readonly name: string;
  readonly sql: string;
  readonly title?: string;
  readonly timeColumn?: string;
  readonly entities?: readonly RuleEntity[];
  readonly lookbackMs?: number;
  readonly from?: Rule["from"];
  readonly author?: string;
  readonly owner?: string;
  /** Columns of the query's result, from `engine.describe`; time and entities are proposed from them. */
  readonly columns: readonly QueryColumn[];
  /** Kinds of entity of the datasets' columns, by column name; they come before guesses by name. */
  readonly entityKinds?: ReadonlyMap<string, EntityKind>;
  readonly allowedLatenessMs?: number;
  /** Datasets that the query reads, from the engine; without them, those that its text names. */
  readonly datasets?: readonly string[];
  /** `shapeSentence` where the query is what a shape gives. */
  readonly shapeSentence?: string | null;
  /** Datasets that the query looks into, whose rows need no time. */
  readonly lookups?: readonly string[];
  /** Why it does not stream, from reading the query; empty proposes a stream. Without it, a lookback proposes a batch. */
  readonly batchReason?: string;
  /** Parts that the query was written from: it is proposed as a stream, as their queries are, unless `batchReason` says no. */
  readonly shapeYaml?: string;
  /** ATT&CK techniques, of the hunt that it came from. */
  readonly techniques?: readonly string[];
  /** What the hunt says of actor, behaviour and asset: it begins the Goal. */
  readonly goal?: Omit<Goal, "prose">;
}

/**
 * The files of a new draft. What can be generated or proposed is there: the Strategy Abstract, a line for each field, the
 * tactics of its techniques, links. The rest of ADS and plan are prompts that the gate counts as empty. A plain filter is
 * proposed as a stream, a query with a lookback as a batch.
 */
export function draftRule(request: DraftRequest): RuleFiles {
  const sql = normalSql(request.sql);
  const timeColumn = request.timeColumn ?? proposeTimeColumn(request.columns);
  const entities = request.entities ?? proposeEntities(request.columns, request.entityKinds);
  const lookbackMs = request.lookbackMs ?? 0;
  const lookups = request.lookups ?? [];
  const title = request.title?.trim() || request.name;
  const rule: Rule = {
    name: request.name,
    title,
    description: "",
    author: request.author ?? "",
    owner: request.owner ?? "",
    stage: "draft",
    sql,
    timeColumn,
    entities,
    lookbackMs,
    allowedLatenessMs: request.allowedLatenessMs ?? DEFAULT_ALLOWED_LATENESS_MS,
    run:
      (request.batchReason ?? (request.shapeYaml !== undefined || lookbackMs === 0 ? "" : "-")) === ""
        ? { mode: "stream", sliceMs: DEFAULT_SLICE_MS }
        : {
            mode: "batch",
            cron: DEFAULT_CRON,
            zone: "UTC",
            reason: withReach(request.batchReason ?? "", lookbackMs),
          },
    techniques: request.techniques ?? [],
    severity: "medium",
    expectedPrecision: null,
    expectedAlertsPerWeek: null,
    from: request.from ?? null,
    version: ruleVersion({ sql, timeColumn, entities, lookbackMs, lookups }),
    ...(lookups.length === 0 ? {} : { lookups }),
  };
  const template = adsTemplate(title);
  const said = request.goal !== undefined && Object.values(request.goal).some((text) => text.trim() !== "");
  const begun = said
    ? { ...template, sections: { ...template.sections, goal: renderGoal({ ...request.goal!, prose: "" }) } }
    : template;
  const ads = refreshAds(begun, {
    rule,
    datasets: request.datasets ?? datasetsNamed(sql),
    shapeSentence: request.shapeSentence ?? null,
    columns: request.columns.map(({ name }) => name),
    plan: null,
    priority: null,
  });
  return {
    ruleYaml: ruleYaml(rule),
    ruleSql: `${sql}\n`,
    adsMarkdown: renderAds(ads),
    responseYaml: planTemplate(),
    tests: {},
    ...(request.shapeYaml === undefined ? {} : { shapeYaml: request.shapeYaml }),
  };
}

/** A lookback over years is no span that the query names: the reason says what it stands for. */
function withReach(reason: string, lookbackMs: number): string {
  if (lookbackMs <= YEAR_MS) return reason;
  return `${reason} Its lookback of ${formatDuration(lookbackMs)} stands for all history that the lake keeps.`.trim();
}

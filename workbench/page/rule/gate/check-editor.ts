import { html, type TemplateResult } from "lit";
import type { AdsSectionName } from "../../../../promote/ads/ads.ts";
import { ADS_SECTIONS, sectionLink } from "../../../../promote/ads/ads.ts";
import type { Mutant } from "../../../../promote/rule/mutation/report.ts";
import { emptyState } from "../../../element/empty-state.ts";
import { backtestView } from "../backtest-view.ts";
import { alertDifferenceView } from "../evidence/difference-view.ts";
import { healthView } from "../evidence/evidence-views.ts";
import { mutationView } from "../evidence/mutation-view.ts";
import "../form/ads-form.ts";
import { overlapForm } from "../form/overlap-form.ts";
import { forecastForm, ownerForm } from "../form/owner-form.ts";
import "../form/plan-form.ts";
import { entitiesForm, runForm, sqlForm, timeForm } from "../form/rule-forms.ts";
import "../../../notebook/hunt/technique-picker.ts";
import "../form/tests-form.ts";
import { judgedEquivalent, withJudgement } from "../judgement.ts";
import { proofView } from "../proof-view.ts";
import type { CheckContext } from "./check-context.ts";
import { setField } from "./check-context.ts";

export interface CheckActions {
  readonly busy: boolean;
  readonly run: (job: "backtest" | "prove" | "mutate" | "check-everything") => void;
  /** Adds a test that notices a mutant. */
  readonly suggest: (mutant: Mutant) => void;
}

/** Where a check is mended, right there: its form, its evidence, or both. */
export function checkEditor(code: string, context: CheckContext, actions: CheckActions): TemplateResult {
  const section = sectionOf(code);
  if (section !== null) return adsForm(section, context);
  const { rule, files } = context;
  const { evidence } = rule;
  switch (code) {
    case "query":
      return sqlForm(context);
    case "time":
      return timeForm(context);
    case "entities":
      return entitiesForm(context);
    case "technique":
      return techniqueForm(context);
    case "health":
    case "fields":
      return evidence.health === null
        ? runState("Looks at how filled the fields are that the rule reads.", "check-everything", actions)
        : healthView(evidence.health);
    case "backtest":
      return rule.backtest === null
        ? runState(
            "Runs the rule over all the data there is and counts. It records no detection and reaches nobody.",
            "backtest",
            actions,
          )
        : backtestView(rule.backtest, rule.expectedAlertsPerWeek);
    case "overlap":
      return evidence.overlap === null
        ? runState("Compares what it finds with what every other rule finds.", "check-everything", actions)
        : overlapForm(context, evidence.overlap);
    case "difference":
      return evidence.difference === null
        ? html`<p class="muted">No other version has watched.</p>`
        : alertDifferenceView(evidence.difference);
    case "forecast":
      return forecastForm(context);
    case "owner":
    case "budget":
      return ownerForm(context);
    case "plan":
    case "plan.options":
      return planForm(context);
    case "tests.match":
    case "tests.no-match":
      return html`<spoor-rule-tests .context=${context} .expected=${code === "tests.match" ? "match" : "no-match"}></spoor-rule-tests>`;
    case "mutation":
    case "tests.mutation":
      return evidence.mutation === null
        ? runState(
            "Breaks the SQL in many small ways, and asks whether the tests notice each.",
            "mutate",
            actions,
          )
        : mutationView(evidence.mutation, {
            sql: evidence.mutation.original ?? files.ruleSql.trim(),
            judged: judgedEquivalent(files.adsMarkdown),
            busy: actions.busy,
            suggest: actions.suggest,
            judge: (mutant, reason) =>
              context.hand.edit({ adsMarkdown: withJudgement(files.adsMarkdown, mutant.id, reason) }, true),
          });
    case "batch-reason":
    case "streamable":
      return runForm(context);
    case "proof":
      return html`<div class="stack">
        ${
          rule.proofReport === null
            ? runState(
                "Replays the history in small, shuffled, delayed slices and compares what it finds with one run over everything.",
                "prove",
                actions,
              )
            : proofView(rule.proofReport)
        }
        ${runForm(context)}
      </div>`;
    default:
      return html`<p class="muted">It is mended in the rule's files.</p>`;
  }
}

function sectionOf(code: string): AdsSectionName | null {
  return (
    ADS_SECTIONS.find(({ name }) => {
      const own = sectionLink(name).replace("#", ".");
      return code === own || code.startsWith(`${own}.`);
    })?.name ?? null
  );
}

function adsForm(section: AdsSectionName, context: CheckContext): TemplateResult {
  return html`<spoor-ads-form .section=${section} .context=${context}></spoor-ads-form>`;
}

function techniqueForm(context: CheckContext): TemplateResult {
  return html`<spoor-technique-picker
    .chosen=${context.fields?.techniques ?? []}
    .change=${(ids: readonly string[]) => setField(context, "techniques", ids)}
  ></spoor-technique-picker>`;
}

function planForm({ hand, files, catalog, fields, rule }: CheckContext): TemplateResult {
  const names = catalog.filter(({ origin }) => origin === "source").map(({ name }) => name);
  const read = rule.evidence?.health?.fields[0]?.dataset;
  return html`<spoor-plan-form
    .yaml=${files.responseYaml}
    .datasets=${names}
    .rulesDataset=${read ?? datasetNamed(files.ruleSql, names)}
    .entities=${fields?.entities ?? []}
    .change=${(responseYaml: string) => hand.edit({ responseYaml }, true)}
  ></spoor-plan-form>`;
}

/** The first dataset whose name stands in the SQL as a word; empty when none does. */
export function datasetNamed(sql: string, names: readonly string[]): string {
  const words = new Map((sql.match(/[\w]+/g) ?? []).map((word, index) => [word.toLowerCase(), index]));
  return (
    names
      .flatMap((name) => {
        const at = words.get(name.toLowerCase());
        return at === undefined ? [] : [{ name, at }];
      })
      .sort((one, other) => one.at - other.at)[0]?.name ?? ""
  );
}

function runState(
  text: string,
  job: Parameters<CheckActions["run"]>[0],
  actions: CheckActions,
): TemplateResult {
  return actions.busy
    ? html`<p class="muted">${text}</p>`
    : emptyState("Not computed yet", text, { label: "Compute it", run: () => actions.run(job) });
}

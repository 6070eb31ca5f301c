import { createHash } from "node:crypto";
import type { Issue } from "../../connectors/issue/issue.ts";
import { readYamlTree, shown } from "../../connectors/yaml/yaml-tree.ts";
import type { PantherCorrelation } from "../../promote/rule/panther/correlation.ts";
import { parsePantherCorrelation } from "../../promote/rule/panther/parse.ts";
import { pantherRuleParts } from "../../promote/rule/panther/rule-parts.ts";
import { DETECTIONS } from "../../promote/rule/panther/shape.ts";
import { shapeSentence } from "../../promote/rule/shape/sentence.ts";
import { shapeSql } from "../../promote/rule/shape/sql.ts";
import type { JobContext } from "../jobs/jobs.ts";
import type { Spoor } from "../spoor.ts";
import type {
  ImportedCorrelation,
  ImportText,
  PantherImportBody,
  PantherImportReport,
  RefusedRule,
} from "./exchange-types.ts";
import { freeName, reasonsOf } from "./import-desk.ts";
import { importedDraft } from "./imported-draft.ts";
import { memberRules } from "./panther-members.ts";
import { recordedDataset } from "./recorded-dataset.ts";
import { RuleFolders } from "./rule-files.ts";

interface Read {
  readonly correlation: PantherCorrelation;
  readonly place: string;
  readonly text: string;
  readonly name: string;
  readonly issues: readonly Issue[];
}

/** Rules from Panther's correlations: each becomes a draft over the detections of its members, or is refused by name. */
export class PantherImportDesk {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#folders = new RuleFolders(spoor.layout.rules);
  }

  /** Imports every correlation of the texts. A text that is none, or that our rules have no word for, is refused by itself. */
  async correlations(
    body: PantherImportBody,
    actor: string,
    context: JobContext,
  ): Promise<PantherImportReport> {
    context.report(null, `reading ${body.texts.length} ${body.texts.length === 1 ? "file" : "files"}`);
    const refused: RefusedRule[] = [];
    const unchanged: { name: string; title: string; place: string }[] = [];
    const made: ImportedCorrelation[] = [];
    const { found, known } = this.#read(body.texts, refused);
    const names = new Map([...found, ...known].map((one) => [one.correlation.id, one.name]));
    for (const { name, place, correlation } of known)
      unchanged.push({ name, title: correlation.title, place });
    for (const [at, one] of found.entries()) {
      context.signal.throwIfAborted();
      context.report(at / found.length, `${at} of ${found.length} rules`);
      const outcome = await this.#make(one, names, body.dryRun);
      if (Array.isArray(outcome)) {
        const { title } = one.correlation;
        refused.push({ title, place: one.place, issues: outcome });
      } else made.push(outcome);
    }
    if (!body.dryRun && made.length > 0) {
      const subject = made.length === 1 ? `rule:${made[0]!.name}` : "rules";
      const detail = `${made.length} from Panther, ${refused.length} refused`;
      this.#spoor.record(actor, "imported", subject, detail);
      await this.#spoor.streams.rulesChanged();
    }
    return {
      dryRun: body.dryRun,
      made: await this.#tested(made, body.dryRun, context),
      refused,
      unchanged,
      parts: [],
      filters: [],
      reasons: reasonsOf(refused),
    };
  }

  /** The correlations of the texts: those to make, by the names they get, and those that are here from the same text. */
  #read(texts: readonly ImportText[], refused: RefusedRule[]): { found: Read[]; known: Read[] } {
    const here = this.#origins();
    const taken = new Set(this.#folders.names());
    const found: Read[] = [];
    const known: Read[] = [];
    for (const { place, text } of texts) {
      const head = headOf(text, place);
      const single = singleRule(head);
      if (single !== null) {
        refused.push(single);
        continue;
      }
      const read = parsePantherCorrelation(text, place);
      if (!read.ok) {
        refused.push({ title: head.title, place: head.place, issues: read.issues.filter(isError) });
        continue;
      }
      const correlation = read.value;
      const { issues } = read;
      const same = here.get(hashOf(text));
      if (same !== undefined) known.push({ correlation, place, text, issues, name: same });
      else {
        const name = freeName(correlation.id, taken);
        taken.add(name);
        found.push({ correlation, place, text, issues, name });
      }
    }
    return { found, known };
  }

  /** Makes one draft; gives the reasons where it cannot be made. */
  async #make(
    { correlation, place, text, name, issues }: Read,
    imported: ReadonlyMap<string, string>,
    dryRun: boolean,
  ): Promise<ImportedCorrelation | Issue[]> {
    const { names, members, entities, warnings } = await memberRules(
      this.#spoor,
      correlation,
      place,
      imported,
    );
    const { parts, issues: own } = pantherRuleParts(correlation, place, names);
    if (parts === null) return [...own];
    const dataset = recordedDataset(this.#spoor, DETECTIONS)!;
    const written = shapeSql(parts.shape, (asked) => (asked === DETECTIONS ? dataset.columns : null));
    if (written.sql === "") return written.issues.filter(isError).map((issue) => ({ ...issue, place }));
    if (!dryRun) {
      const proposal = await this.#spoor.rules.proposal(written.sql, written.timeColumn);
      const files = importedDraft({
        name,
        outcome: {
          title: parts.title,
          description: parts.description,
          author: "",
          sql: `${written.sql}\n`,
          entities,
          lookbackMs: written.lookbackMs,
          techniques: parts.techniques,
          severity: parts.severity,
          datasets: [DETECTIONS],
          falsePositives: [],
          references: [correlation.reference],
        },
        columns: await this.#spoor.engine.describe(written.sql),
        owner: "",
        shape: { yaml: parts.shapeYaml, sentence: shapeSentence(parts.shape) },
        tests: parts.tests,
        batchReason: proposal.reason,
        runbook: correlation.runbook,
        references: [],
        origin: [
          `Panther correlation rule ${correlation.id}`.replaceAll(/\s+/g, " "),
          `Text: SHA-256 ${hashOf(text)}`,
          ...members.map(({ ruleId, name: member }) =>
            `Member: ${ruleId} as ${member}`.replaceAll(/\s+/g, " "),
          ),
        ],
      });
      this.#folders.write(name, files);
    }
    return {
      name,
      title: parts.title,
      place,
      kind: "correlation",
      datasets: [DETECTIONS],
      warnings: [...issues, ...own, ...written.issues, ...warnings],
      members,
      tests: Object.keys(parts.tests).length,
      testsPassed: null,
    };
  }

  /** The same with how many of its tests each passes, once it is made. */
  async #tested(
    made: readonly ImportedCorrelation[],
    dryRun: boolean,
    context: JobContext,
  ): Promise<readonly ImportedCorrelation[]> {
    if (dryRun) return made;
    const tested: ImportedCorrelation[] = [];
    for (const one of made) {
      context.signal.throwIfAborted();
      context.report(null, `testing ${one.name}`);
      const { tests } = await this.#spoor.rules.test(one.name);
      tested.push({ ...one, testsPassed: tests.filter(({ passed }) => passed).length });
    }
    return tested;
  }

  /** Rules that came from Panther, by the text that they came from. */
  #origins(): Map<string, string> {
    return new Map(
      this.#folders.names().flatMap((name): [string, string][] => {
        const { adsMarkdown } = this.#folders.read(name);
        const hash = /^- Text: SHA-256 ([0-9a-f]{64})$/m.exec(adsMarkdown)?.[1];
        return hash !== undefined && /^- Panther correlation rule /m.test(adsMarkdown) ? [[hash, name]] : [];
      }),
    );
  }
}

const isError = ({ severity }: Issue) => severity === "error";
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** What a file of Panther says of itself, also where it cannot be read as a correlation. */
function headOf(text: string, place: string) {
  const { tree } = readYamlTree(text, place, { kibibytes: 2_048, nodes: 200_000 });
  const of = (key: string) => {
    const found = tree?.kind === "map" ? tree.entries.get(key) : undefined;
    return found?.kind === "scalar" && found.value !== null ? found : undefined;
  };
  const kind = of("AnalysisType");
  const title = of("DisplayName") ?? of("RuleID") ?? of("PolicyID") ?? of("QueryName");
  return {
    kind: kind === undefined ? "" : String(kind.value),
    place: kind === undefined ? place : `${place}:${kind.line}`,
    title: title === undefined ? "" : String(title.value),
    filename: String(of("Filename")?.value ?? "its Filename"),
  };
}

/** A rule whose logic is Python, refused with what can come over of it; null for anything else. */
function singleRule({ kind, place, title, filename }: ReturnType<typeof headOf>): RefusedRule | null {
  if (!["rule", "scheduled_rule", "policy"].includes(kind)) return null;
  return {
    title,
    place,
    issues: [
      {
        severity: "error",
        code: "panther.python",
        place,
        message: `What it finds is written in Python (${shown(filename)}), which is not read here.`,
        remedy:
          "Write the rule as SQL or from parts, then give it these sample events as tests: spoor rule tests import RULE --panther FILE.",
      },
    ],
  };
}

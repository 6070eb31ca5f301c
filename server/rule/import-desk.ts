import { setImmediate } from "node:timers/promises";
import type { Issue } from "../../connectors/issue/issue.ts";
import {
  isCorrelation,
  partsOnly,
  readSigmaCollection,
  type SigmaCollection,
} from "../../promote/rule/sigma/correlation/collection.ts";
import type { SigmaCorrelation } from "../../promote/rule/sigma/correlation/correlation.ts";
import { filterIsFor } from "../../promote/rule/sigma/filter/filter.ts";
import { parsePipeline } from "../../promote/rule/sigma/pipeline/parse.ts";
import type { Pipeline } from "../../promote/rule/sigma/pipeline/pipeline.ts";
import type { SigmaRule } from "../../promote/rule/sigma/sigma-rule.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type {
  ImportedRule,
  ImportText,
  RefusedRule,
  SigmaImportBody,
  SigmaImportReport,
} from "./exchange-types.ts";
import { GivenTexts, keepGiven, textHash } from "./given-sigma.ts";
import { importedDraft } from "./imported-draft.ts";
import { RuleFolders } from "./rule-files.ts";
import { type SigmaWorld, sigmaOutcome } from "./sigma-import.ts";
import { sigmaSurroundings } from "./sigma-surroundings.ts";

/** Warnings told of each rule: the rest say the same of more fields. */
const SHOWN_WARNINGS = 8;
/** Rules between two looks at whether somebody cancelled, and at what else waits. */
const TURN = 25;
/** Rule folders that are looked into at a time. */
const READ_A_TURN = 200;

/** Rules from Sigma: each becomes a draft, or is refused by name with its place and what to do. */
export class ImportDesk {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;
  /** Of each rule's sigma.yml, as long as the file stays. */
  readonly #hashes = new Map<string, { readonly stamp: string; readonly hash: string }>();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#folders = new RuleFolders(spoor.layout.rules);
  }

  /**
   * Imports every document of the texts. A document that cannot be read or said is refused by itself; the others become
   * drafts. Throws RefusedError(400) for a pipeline that cannot be used, before any rule is made.
   */
  async sigma(body: SigmaImportBody, actor: string, context: JobContext): Promise<SigmaImportReport> {
    const pipelines = readPipelines(body.pipelines);
    context.report(null, `reading ${body.texts.length} ${body.texts.length === 1 ? "file" : "files"}`);
    const collection = readSigmaCollection([...body.texts, ...body.filters]);
    const parts = partsOnly(collection);
    const all = [...collection.correlations, ...collection.rules].filter((one) => !parts.has(one));
    const world: SigmaWorld = {
      collection,
      pipelines,
      ...(await sigmaSurroundings(this.#spoor)),
    };
    const known = await this.#known();
    const taken = new Set(this.#folders.names());
    const texts = new GivenTexts(collection, [...body.texts, ...body.filters]);
    const made: ImportedRule[] = [];
    const unchanged: { name: string; title: string; place: string }[] = [];
    const refused: RefusedRule[] = [...collection.refused];
    for (const [at, document] of all.entries()) {
      if (at % TURN === 0) {
        context.signal.throwIfAborted();
        context.report(
          at / all.length,
          `${at} of ${all.length} rules: ${made.length} made, ${refused.length} refused`,
        );
        await setImmediate();
      }
      const { title, line } = document;
      const place = `${document.place}:${line}`;
      const sigmaYaml = texts.of(document);
      const same = known.get(textHash(sigmaYaml));
      if (same !== undefined) {
        unchanged.push({ name: same, title, place });
        continue;
      }
      const outcome = sigmaOutcome(document, world);
      if (!outcome.ok) {
        refused.push({ title, place, issues: outcome.issues.filter(({ severity }) => severity === "error") });
        continue;
      }
      const name = freeName(title, taken);
      const warnings = outcome.issues.slice(0, SHOWN_WARNINGS);
      if (!body.dryRun) {
        const problem = await this.#write(name, document, outcome.value, sigmaYaml, body);
        if (problem !== null) {
          refused.push({ title, place, issues: [problem] });
          continue;
        }
      }
      taken.add(name);
      made.push({
        name,
        title,
        place,
        kind: isCorrelation(document) ? "correlation" : "rule",
        datasets: outcome.value.datasets,
        warnings,
      });
    }
    if (!body.dryRun && made.length > 0) {
      const [first] = made;
      this.#spoor.record(
        actor,
        "imported",
        made.length === 1 ? `rule:${first!.name}` : "rules",
        `${made.length} from Sigma, ${refused.length} refused`,
      );
      await this.#spoor.streams.rulesChanged();
    }
    return {
      dryRun: body.dryRun,
      made,
      refused,
      unchanged,
      parts: [...parts].map(({ title, place, line }) => ({ title, place: `${place}:${line}` })),
      filters: filtersOf(collection),
      reasons: reasonsOf(refused),
    };
  }

  async #write(
    name: string,
    document: SigmaRule | SigmaCorrelation,
    outcome: Parameters<typeof importedDraft>[0]["outcome"],
    sigmaYaml: string,
    body: SigmaImportBody,
  ): Promise<Issue | null> {
    try {
      const columns = await this.#spoor.engine.describe(outcome.sql);
      const owner = outcome.datasets
        .map((dataset) => this.#spoor.registry.get(dataset)?.source)
        .map((source) =>
          source === undefined ? "" : (this.#spoor.sources.files.definition(source)?.owner ?? ""),
        )
        .find((one) => one !== "");
      const files = importedDraft({
        name,
        outcome,
        columns,
        owner: owner ?? "",
        sigmaYaml,
        references: body.references,
        origin: originOf(document, body),
      });
      this.#folders.write(name, files);
      keepGiven(this.#spoor.store, name, { sigmaYaml, sql: outcome.sql }, this.#spoor.clock());
      return null;
    } catch (error) {
      return {
        severity: "error",
        code: "sigma.import.sql",
        place: `${document.place}:${document.line}`,
        message: `The query that the rule gives cannot be used: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
        remedy: "Report it with the rule's text; write the rule by hand meanwhile.",
      };
    }
  }

  /** Rules that came from Sigma, by the hash of what they came from. A text is read again only when its file changed. */
  async #known(): Promise<Map<string, string>> {
    const known = new Map<string, string>();
    const names = this.#folders.names();
    for (const [at, name] of names.entries()) {
      if (at % READ_A_TURN === 0) await setImmediate();
      const stamp = this.#folders.sigmaStamp(name);
      if (stamp === "") continue;
      const before = this.#hashes.get(name);
      const hash = before?.stamp === stamp ? before.hash : textHash(this.#folders.sigmaText(name));
      this.#hashes.set(name, { stamp, hash });
      known.set(hash, name);
    }
    return known;
  }
}

function readPipelines(texts: readonly ImportText[]): Pipeline[] {
  const read = texts.map(({ place, text }) => parsePipeline(text, place));
  const issues = read.flatMap((one) => (one.ok ? [] : one.issues));
  if (issues.length > 0)
    throw new RefusedError(400, "A pipeline cannot be used, so no rule was imported.", issues);
  return read.flatMap((one) => (one.ok ? [one.value] : []));
}

function originOf(document: SigmaRule | SigmaCorrelation, { pipelines, filters }: SigmaImportBody): string[] {
  const license = "license" in document ? document.license : "";
  return [
    `Sigma ${isCorrelation(document) ? "correlation" : "rule"} ${document.id || document.title}${document.status ? `, status ${document.status}` : ""}`,
    ...(document.author ? [`Author: ${document.author}`] : []),
    ...(document.date
      ? [`Date: ${document.date}${document.modified ? `, modified ${document.modified}` : ""}`]
      : []),
    ...(license ? [`License: ${license}`] : []),
    ...(pipelines.length > 0 ? [`Pipelines: ${pipelines.map(({ place }) => place).join(", ")}`] : []),
    ...(filters.length > 0 ? [`Filters: ${filters.map(({ place }) => place).join(", ")}`] : []),
  ].map((line) => line.replaceAll(/\s+/g, " "));
}

/** A name of a rule near its title that no rule has. */
export function freeName(title: string, taken: ReadonlySet<string>): string {
  const plain = title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const base = (/^[a-z]/.test(plain) ? plain : `rule-${plain}`).slice(0, 58).replace(/-+$/, "");
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}-${number}`;
  return name;
}

function filtersOf({ filters, rules }: SigmaCollection): { title: string; rules: number }[] {
  return filters.map((filter) => ({
    title: filter.title,
    rules: rules.filter((rule) => filterIsFor(filter, rule)).length,
  }));
}

/** Why documents were refused, commonest first. */
export function reasonsOf(refused: readonly RefusedRule[]): { code: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { issues } of refused) {
    const code = issues.find(({ severity }) => severity === "error")?.code ?? "unknown";
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return [...counts]
    .map(([code, count]) => ({ code, count }))
    .sort((left, right) => right.count - left.count);
}

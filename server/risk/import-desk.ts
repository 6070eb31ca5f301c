import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CsvReader } from "../../connectors/format/csv.ts";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { planIncidentImport } from "../../promote/risk/incident-import.ts";
import { type CsvRecord, planRiskquantImport } from "../../promote/risk/riskquant-import.ts";
import type { IncidentImportResult, RiskquantImportResult } from "../api/api.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";

export interface ImportBody {
  /** Name of the file, for issues and labels. */
  readonly file: string;
  readonly text: string;
  /** False shows what would become of it. */
  readonly write: boolean;
  /** What the preview saw; when the files changed since, nothing is written. */
  readonly revision?: string | undefined;
}

/** Scenarios and incidents from CSV files into the files of `risk/`: first shown, then written whole or not at all. */
export class ImportDesk {
  readonly #spoor: Spoor;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** Throws RefusedError(400) with every row that is wrong, and (409) when the model changed since the preview. */
  riskquant(body: ImportBody, actor: string): RiskquantImportResult {
    const yaml = this.#read("model.yaml");
    const revision = fileRevision(yaml);
    const plan = accepted(
      planRiskquantImport({
        records: records(body.text, body.file),
        file: body.file,
        yaml,
        sources: this.#spoor.sources.names(),
        author: actor,
        date: this.#today(),
      }),
      `${body.file} is not imported: nothing was written.`,
    );
    const fresh = plan.value.scenarios.filter(({ state }) => state === "new").length;
    if (body.write) {
      this.#checkRevision(body.revision, revision);
      if (fresh > 0) {
        this.#replace([["model.yaml", plan.value.yaml]]);
        this.#spoor.record(
          actor,
          "imported",
          "risk/model.yaml",
          `${fresh} scenarios from ${body.file} (riskquant)`,
        );
      }
    }
    const { scenarios, totalUsd, added } = plan.value;
    return { scenarios, totalUsd, added, revision, written: body.write && fresh > 0, issues: plan.issues };
  }

  /** As `riskquant`; `since` is needed for writing while the model does not say since when the list is whole. */
  incidents(body: ImportBody & { readonly since?: string | undefined }, actor: string): IncidentImportResult {
    const yaml = this.#read("model.yaml");
    if (yaml === null)
      throw new RefusedError(404, "There is no risk/model.yaml, so no incident can be one of its scenarios.");
    const text = this.#read("incidents.csv");
    const revision = `${fileRevision(yaml)}-${fileRevision(text)}`;
    const plan = accepted(
      planIncidentImport({
        records: records(body.text, body.file),
        file: body.file,
        existing: text === null ? null : { text, records: records(text, "risk/incidents.csv") },
        yaml,
        since: body.since ?? null,
        today: this.#today(),
      }),
      `${body.file} is not imported: nothing was written.`,
    );
    const { incidents, since, csv } = plan.value;
    const fresh = incidents.filter(({ state }) => state === "new").length;
    const changes: (readonly [string, string])[] = [];
    if (fresh > 0) changes.push(["incidents.csv", csv]);
    if (plan.value.yaml !== yaml) changes.push(["model.yaml", plan.value.yaml]);
    if (body.write) {
      if (since === null) {
        throw new RefusedError(400, "Since when is every attack listed? Nothing was written.", [
          {
            severity: "error",
            code: "risk.incidents.since",
            place: "risk/model.yaml",
            message:
              "settings.incidentsSince is missing: a list says nothing without the years that it covers.",
            remedy: "Give the day from which every attack is listed (--since 2024-01-01).",
          },
        ]);
      }
      this.#checkRevision(body.revision, revision);
      this.#replace(changes);
      if (changes.length > 0)
        this.#spoor.record(actor, "imported", "risk/incidents.csv", `${fresh} incidents from ${body.file}`);
    }
    return { incidents, since, revision, written: body.write && changes.length > 0, issues: plan.issues };
  }

  #checkRevision(seen: string | undefined, now: string): void {
    if (seen !== undefined && seen !== now)
      throw new RefusedError(
        409,
        "The files in risk/ changed since this was shown. Nothing was written; look again.",
      );
  }

  #read(name: string): string | null {
    const path = join(this.#spoor.layout.risk, name);
    return existsSync(path) ? readFileSync(path, "utf8") : null;
  }

  /** Every new text is on disk beside its file before the first takes the file's place. */
  #replace(files: readonly (readonly [name: string, text: string])[]): void {
    const written = files.map(([name, text]) => {
      const path = join(this.#spoor.layout.risk, name);
      return { path, beside: `${path}.new`, text };
    });
    try {
      for (const { beside, text } of written) writeFileSync(beside, text);
      for (const { path, beside } of written) renameSync(beside, path);
    } finally {
      for (const { beside } of written) rmSync(beside, { force: true });
    }
  }

  #today(): string {
    return new Date(this.#spoor.clock()).toISOString().slice(0, 10);
  }
}

function accepted<T>(
  parsed: Parsed<T>,
  message: string,
): { readonly value: T; readonly issues: readonly Issue[] } {
  if (!parsed.ok) throw new RefusedError(400, message, parsed.issues);
  return parsed;
}

/** Throws RefusedError for a quote that never closes. */
function records(text: string, file: string): CsvRecord[] {
  const found: CsvRecord[] = [];
  const reader = new CsvReader(",", (line, fields) => {
    if (fields === null) {
      throw new RefusedError(400, `${file} is no CSV: nothing was written.`, [
        {
          severity: "error",
          code: "risk.import.quote",
          place: `${file}:${line}`,
          message: "A quote opens here and never closes.",
          remedy: "Close it, or double it where it belongs to the text.",
        },
      ]);
    }
    found.push({ line, cells: fields });
  });
  reader.push(text.replace(/^\uFEFF/, ""));
  reader.end();
  return found;
}

/** Changes whenever the file does; what a preview saw is compared by it before anything is written. */
function fileRevision(text: string | null): string {
  return text === null ? "none" : createHash("sha256").update(text).digest("hex").slice(0, 16);
}

import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import { QueryError } from "../../notebooks/engine/engine.ts";
import { parseRule } from "../../promote/rule/parse.ts";
import { ruleYaml } from "../../promote/rule/serialize.ts";
import type { ShapeColumn } from "../../promote/rule/shape/column.ts";
import { parseShape } from "../../promote/rule/shape/parse.ts";
import { shapeSentence } from "../../promote/rule/shape/sentence.ts";
import type { Shape } from "../../promote/rule/shape/shape.ts";
import { eventsOfShape, shapeSql } from "../../promote/rule/shape/sql.ts";
import { normalSql } from "../../promote/rule/version.ts";
import { dataSpan } from "../../promote/run/data-span.ts";
import type { RuleDetail, RuleShape, ShapeDataset, ShapePreview, ShapeSavedBody } from "../api/api.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";

const TIME_LIMIT_MS = 20_000;
const WEEK_US = 7 * 24 * 3600 * 1_000_000;
const SHOWN_VALUES = 12;
/** Newest rows among which a field's common values are looked for. */
const VALUE_ROWS = 50_000;

/** What a person needs to build a rule from parts: the data, what it would have found, and a rule's own parts. */
export class ShapeDesk {
  readonly #spoor: Spoor;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** Datasets with their columns, and the kinds of entity that their sources know. */
  datasets(): ShapeDataset[] {
    return this.#spoor.registry
      .list()
      .map(({ name, source, columns, segments }) => ({
        name,
        timed: segments.some(({ maxTimeUs }) => maxTimeUs !== null),
        columns: columns.map(({ name: column, type }) => ({ name: column, type })),
        entities: (this.#spoor.sources.files.definition(source)?.entities ?? []).map(({ field, kind }) => ({
          column: field,
          kind,
        })),
      }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** The commonest values of a column among the newest rows, commonest first. */
  async values(dataset: string, column: string, signal: AbortSignal): Promise<string[]> {
    const known = this.#spoor.registry.get(dataset)?.columns.find(({ name }) => name === column);
    if (known === undefined) throw new RefusedError(404, `${dataset} has no column ${column}.`);
    const quoted = quoteIdentifier(column);
    const { rows } = await this.#spoor.huntEngine.rows({
      sql: `SELECT CAST(${quoted} AS VARCHAR) AS "value"
        FROM (SELECT ${quoted} FROM ${quoteIdentifier(dataset)} WHERE ${quoted} IS NOT NULL LIMIT ${VALUE_ROWS})
        GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${SHOWN_VALUES}`,
      timeLimitMs: TIME_LIMIT_MS,
      signal,
    });
    return rows.map(({ value }) => String(value).slice(0, 200));
  }

  async #columns(shape: Shape): Promise<ReadonlyMap<string, readonly ShapeColumn[]>> {
    const names = new Set(
      eventsOfShape(shape).flatMap(({ dataset, lookup }) => [
        dataset,
        ...(lookup === undefined ? [] : [lookup.dataset]),
      ]),
    );
    const found = new Map<string, readonly ShapeColumn[]>();
    for (const name of names) {
      const columns = await this.#spoor.engine
        .describe(`SELECT * FROM ${quoteIdentifier(name)}`)
        .catch((error: unknown) => {
          if (error instanceof QueryError) return null;
          throw error;
        });
      if (columns !== null) found.set(name, columns);
    }
    return found;
  }

  /** The sentence, the SQL and, within 20 s, how many rows it gives on each day of the data. */
  async preview(shapeYaml: string, signal: AbortSignal): Promise<ShapePreview> {
    const read = parseShape(shapeYaml, "shape.yaml");
    if (!read.ok) throw new RefusedError(400, "The shape cannot be read.", read.issues);
    const columns = await this.#columns(read.value);
    const written = shapeSql(read.value, (name) => columns.get(name) ?? null);
    const base = {
      sentence: shapeSentence(read.value),
      sql: written.sql,
      lookbackMs: written.lookbackMs,
      lookups: written.lookups,
      entityColumns: written.entityColumns,
      issues: written.issues,
    };
    if (written.sql === "")
      return { ...base, detections: null, days: [], perWeek: null, from: null, until: null, failure: null };
    return { ...base, ...(await this.#count(written.sql, written.lookups, signal)) };
  }

  async #count(
    sql: string,
    lookups: readonly string[],
    signal: AbortSignal,
  ): Promise<Pick<ShapePreview, "detections" | "days" | "perWeek" | "from" | "until" | "failure">> {
    const engine = this.#spoor.huntEngine;
    try {
      const { rows } = await engine.rows({
        sql: `SELECT strftime("_time", '%Y-%m-%d') AS "day", count(*) AS "n" FROM (${sql}) GROUP BY 1 ORDER BY 1`,
        timeLimitMs: TIME_LIMIT_MS,
        rowLimit: 5_000,
        signal,
      });
      const days = rows.map(({ day, n }) => ({ day: String(day), detections: Number(n) }));
      const detections = days.reduce((sum, day) => sum + day.detections, 0);
      const read = (await engine.datasetsOf(sql)).filter((name) => !lookups.includes(name));
      const span = await dataSpan(engine, read, signal);
      const { minTimeUs, maxTimeUs } = span;
      const spanUs = minTimeUs === null || maxTimeUs === null ? 0 : Number(maxTimeUs - minTimeUs);
      return {
        detections,
        days,
        perWeek: detections / Math.max(1, spanUs / WEEK_US),
        from: minTimeUs === null ? null : formatInstant(minTimeUs),
        until: maxTimeUs === null ? null : formatInstant(maxTimeUs),
        failure: null,
      };
    } catch (error) {
      if (!(error instanceof QueryError) || signal.aborted) throw error;
      const failure =
        error.kind === "timeout"
          ? "Counting takes longer than 20 seconds on this data. Narrow the conditions, or make the rule and backtest it."
          : error.message;
      return { detections: null, days: [], perWeek: null, from: null, until: null, failure };
    }
  }

  /** The parts that a rule was made of, and whether its SQL is still what they give. */
  async of(name: string): Promise<RuleShape> {
    const files = this.#spoor.rules.files(this.#spoor.rules.known(name));
    const rule = parseRule(files, `rules/${name}`);
    const entities = rule.ok ? rule.value.entities : [];
    if (files.shapeYaml === undefined || files.shapeYaml === "")
      return { shape: null, entities, editedByHand: false, issues: [] };
    const read = parseShape(files.shapeYaml, `rules/${name}/shape.yaml`);
    if (!read.ok) return { shape: null, entities, editedByHand: false, issues: read.issues };
    const columns = await this.#columns(read.value);
    const { sql } = shapeSql(read.value, (dataset) => columns.get(dataset) ?? null);
    return {
      shape: read.value,
      entities,
      editedByHand: sql !== normalSql(files.ruleSql),
      issues: read.issues,
    };
  }

  /** Writes changed parts into a rule: shape.yaml, and what rule.sql and rule.yaml are by them. */
  async save(name: string, body: ShapeSavedBody, actor: string): Promise<RuleDetail> {
    const { rules } = this.#spoor;
    const files = rules.files(rules.known(name));
    const read = parseShape(body.shapeYaml, "shape.yaml");
    if (!read.ok) throw new RefusedError(400, "The shape cannot be read.", read.issues);
    const columns = await this.#columns(read.value);
    const written = shapeSql(read.value, (dataset) => columns.get(dataset) ?? null);
    if (written.sql === "") throw new RefusedError(400, "The shape gives no SQL yet.", written.issues);
    const parsed = parseRule(files, `rules/${name}`);
    if (!parsed.ok) throw new RefusedError(409, "rule.yaml cannot be read: mend it first.", parsed.issues);
    const { lookups: _, ...rule } = parsed.value;
    return rules.write(
      name,
      {
        ...files,
        ruleSql: `${written.sql}\n`,
        shapeYaml: body.shapeYaml,
        ruleYaml: ruleYaml({
          ...rule,
          timeColumn: written.timeColumn,
          entities: [...body.entities],
          lookbackMs: written.lookbackMs,
          ...(written.lookups.length === 0 ? {} : { lookups: written.lookups }),
        }),
      },
      actor,
    );
  }
}

import { Hono } from "hono";
import * as v from "valibot";
import type { RequestState } from "../app.ts";
import { RefusedError } from "../refused.ts";
import { BundleDesk } from "../rule/bundle-desk.ts";
import { ImportDesk } from "../rule/import-desk.ts";
import { PantherImportDesk } from "../rule/panther-import.ts";
import { PantherTestsDesk } from "../rule/panther-tests.ts";
import { RULE_NAME } from "../rule/rule-files.ts";
import { sigmaOf } from "../rule/sigma-export.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const TEXT = v.object({ place: v.pipe(v.string(), v.minLength(1), v.maxLength(500)), text: v.string() });
const SIGMA = v.object({
  texts: v.pipe(v.array(TEXT), v.minLength(1), v.maxLength(20_000)),
  pipelines: v.optional(v.pipe(v.array(TEXT), v.maxLength(50)), []),
  filters: v.optional(v.pipe(v.array(TEXT), v.maxLength(1_000)), []),
  dryRun: v.optional(v.boolean(), false),
  references: v.optional(
    v.pipe(
      v.array(
        v.object({
          title: v.pipe(v.string(), v.maxLength(200)),
          url: v.pipe(v.string(), v.url(), v.startsWith("http")),
        }),
      ),
      v.maxLength(100),
    ),
    [],
  ),
});

const PANTHER = v.object({ texts: SIGMA.entries.texts, dryRun: SIGMA.entries.dryRun });
const PANTHER_TESTS = v.object({
  ...PANTHER.entries,
  dataset: v.optional(v.pipe(v.string(), v.maxLength(200))),
});

/** Rules from and for other tools: Sigma, Panther and bundles. */
export function ruleExchangeRoutes(spoor: Spoor): Hono<RequestState> {
  const imports = new ImportDesk(spoor);
  const panther = new PantherImportDesk(spoor);
  const pantherTests = new PantherTestsDesk(spoor);
  const bundles = new BundleDesk(spoor);
  const routes = new Hono<RequestState>();

  routes.post("/rules/import/sigma", async (context) => {
    const body = await parseBody(context, SIGMA);
    const user = context.get("user");
    return context.json(spoor.jobs.start("import-sigma", (job) => imports.sigma(body, user, job)));
  });

  routes.post("/rules/import/panther", async (context) => {
    const body = await parseBody(context, PANTHER);
    const user = context.get("user");
    return context.json(spoor.jobs.start("import-panther", (job) => panther.correlations(body, user, job)));
  });

  routes.post("/rules/:name/tests/panther", async (context) => {
    const name = spoor.rules.known(context.req.param("name"));
    const body = await parseBody(context, PANTHER_TESTS);
    const user = context.get("user");
    return context.json(
      spoor.jobs.start("import-panther-tests", (job) => pantherTests.add(name, body, user, job)),
    );
  });

  routes.post("/rules/import/bundle", async (context) => {
    const wanted = context.req.query("name") ?? null;
    if (wanted !== null && !RULE_NAME.test(wanted))
      throw new RefusedError(400, `"${wanted}" is no rule name.`);
    const archive = new Uint8Array(await context.req.arrayBuffer());
    const user = context.get("user");
    return context.json(spoor.jobs.start("import-bundle", (job) => bundles.read(archive, wanted, user, job)));
  });

  routes.get("/rules/:name/bundle", async (context) => {
    const name = spoor.rules.known(context.req.param("name"));
    const sample = context.req.query("sample") !== "0";
    const { archive, checksum, sampleRows } = await bundles.write(
      name,
      { sample, signal: context.req.raw.signal },
      context.get("user"),
    );
    return context.body(archive as Uint8Array<ArrayBuffer>, 200, {
      "content-type": "application/gzip",
      "content-disposition": `attachment; filename="${name}.spoor.tgz"`,
      "x-content-type-options": "nosniff",
      "spoor-bundle-checksum": checksum,
      "spoor-bundle-sample-rows": String(sampleRows),
    });
  });

  routes.get("/rules/:name/sigma", async (context) => {
    const name = spoor.rules.known(context.req.param("name"));
    const written = await sigmaOf(spoor, name);
    spoor.record(
      context.get("user"),
      "exported sigma",
      `rule:${name}`,
      `${written.issues.length} things told`,
    );
    return context.json(written);
  });
  return routes;
}

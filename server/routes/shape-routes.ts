import { Hono } from "hono";
import * as v from "valibot";
import { ENTITY_KINDS } from "../../connectors/source/source.ts";
import type { RequestState } from "../app.ts";
import { ShapeDesk } from "../rule/shape-preview.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const SHAPE_YAML = v.pipe(v.string(), v.minLength(1), v.maxLength(262_144));

/** What the builder asks: the data, what a shape says and finds, and the parts of a rule. */
export function shapeRoutes(spoor: Spoor): Hono<RequestState> {
  const shapes = new ShapeDesk(spoor);
  const routes = new Hono<RequestState>();
  routes.get("/shapes/datasets", (context) => context.json(shapes.datasets()));
  routes.post("/shapes/values", async (context) => {
    const { dataset, column } = await parseBody(
      context,
      v.object({ dataset: v.string(), column: v.string() }),
    );
    return context.json(await shapes.values(dataset, column, context.req.raw.signal));
  });
  routes.post("/shapes/preview", async (context) => {
    const { shapeYaml } = await parseBody(context, v.object({ shapeYaml: SHAPE_YAML }));
    return context.json(await shapes.preview(shapeYaml, context.req.raw.signal));
  });
  routes.get("/rules/:name/shape", async (context) =>
    context.json(await shapes.of(context.req.param("name"))),
  );
  routes.put("/rules/:name/shape", async (context) => {
    const body = await parseBody(
      context,
      v.object({
        shapeYaml: SHAPE_YAML,
        entities: v.array(
          v.object({ column: v.pipe(v.string(), v.minLength(1)), kind: v.picklist(ENTITY_KINDS) }),
        ),
      }),
    );
    return context.json(await shapes.save(context.req.param("name"), body, context.get("user")));
  });
  return routes;
}

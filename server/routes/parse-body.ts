import type { Context } from "hono";
import * as v from "valibot";
import type { Issue } from "../../connectors/issue/issue.ts";
import { RefusedError } from "../refused.ts";

/** Reads the JSON body as the schema says; throws RefusedError(400) with one issue a field that is wrong. */
export async function parseBody<const Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await context.req.text();
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw new RefusedError(400, `The body is no JSON: ${(error as Error).message}`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issues = result.issues.map(
    (issue): Issue => ({
      severity: "error",
      code: "request.body",
      place: v.getDotPath(issue) ?? "body",
      message: issue.message,
      remedy: "Send the field as the API describes it.",
    }),
  );
  throw new RefusedError(400, `The request is not of the form that ${context.req.path} takes.`, issues);
}

import type { BenchResult } from "./rules/bench-result.ts";
import { benchPlans } from "./rules/plans.ts";
import { benchStream } from "./rules/stream.ts";
import { benchWindows } from "./rules/windows.ts";

/** Evaluating many rules: the plans against one another, windows over a long history, and the whole path of an event. */
export async function bench(): Promise<readonly BenchResult[]> {
  return [...(await benchPlans()), await benchWindows(), await benchStream()];
}

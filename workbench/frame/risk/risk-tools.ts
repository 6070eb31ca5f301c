import type { RiskModel } from "../../../promote/risk/model.ts";
import {
  stateOf,
  unknownNames,
  type WhatIfAnswer,
  type WhatIfChange,
  type WhatIfSource,
  type WhatIfState,
  whatIf,
} from "../../../promote/risk/what-if.ts";
import type { PageChannel } from "../page-channel.ts";
import { exceedanceChart, sourcesChart } from "./risk-charts.ts";

/** A slider asks many times a second; the model on the server changes now and then. */
const KEPT_MS = 30_000;

/** What to set of a source. */
export interface WorthChange {
  /** P(the evidence of one attack is in its data), 0 to 1, in every scenario that it touches. */
  readonly coverage?: number;
  readonly costUsd?: number;
}

export interface Worth extends WhatIfSource {
  /** The same source as it is today. */
  readonly today: WhatIfSource;
  readonly answer: WhatIfAnswer;
}

/** What cells find as `risk`: the model of the workspace's risk report, and what would become of its figures. */
export interface RiskTools {
  /** The model, with the numbers that the product has measured. Kept for half a minute. */
  model(): Promise<RiskModel>;
  /** Figures before and after a change. Throws a RangeError that names what the model does not know. */
  whatIf(change?: WhatIfChange): Promise<WhatIfAnswer>;
  /** What a source is worth a year with another coverage or cost; one that is not on board is taken on board. */
  worth(source: string, change?: WorthChange): Promise<Worth>;
  readonly chart: {
    /** P(a year's loss exceeds an amount), today and with the change. */
    exceedance(answer: WhatIfAnswer): Element;
    /** What each source is worth with the change, a tick where it is today. */
    sources(answer: WhatIfAnswer): Element;
  };
}

/** The model with its state of today, which every question is compared with. */
interface Known {
  readonly model: RiskModel;
  readonly today: WhatIfState;
}

/** @param page gives the model; @param nowMs a clock that does not go back */
export function riskTools(page: Pick<PageChannel, "ask">, nowMs: () => number): RiskTools {
  let kept: { readonly known: Promise<Known>; readonly atMs: number } | null = null;
  const known = (): Promise<Known> => {
    if (kept === null || nowMs() - kept.atMs > KEPT_MS) {
      const asked = page.ask({ what: "riskModel" }).then(({ json }) => {
        const model = json as RiskModel;
        return { model, today: stateOf(model) };
      });
      const entry = { known: asked, atMs: nowMs() };
      kept = entry;
      // A refusal is not kept: the next who asks may be luckier.
      asked.catch(() => {
        if (kept === entry) kept = null;
      });
    }
    return kept.known;
  };
  const model = async (): Promise<RiskModel> => (await known()).model;
  const answer = async (change: WhatIfChange): Promise<WhatIfAnswer> => {
    const { model: now, today } = await known();
    const unknown = unknownNames(now, change);
    if (unknown.length > 0) throw new RangeError(unknown.join(" "));
    return whatIf(now, change, today);
  };
  return Object.freeze({
    model,
    whatIf: (change: WhatIfChange = {}) => answer(change),
    worth: async (source: string, { coverage, costUsd }: WorthChange = {}): Promise<Worth> => {
      const onboard = (await model()).sources.find(({ id }) => id === source)?.status === "onboarded";
      const given = await answer({
        ...(coverage === undefined ? {} : { inputs: { [`coverage:${source}`]: coverage } }),
        ...(costUsd === undefined ? {} : { costsUsd: { [source]: costUsd } }),
        ...(onboard ? {} : { with: [source] }),
      });
      const of = (list: readonly WhatIfSource[]): WhatIfSource => list.find(({ id }) => id === source)!;
      return { ...of(given.after.sources), today: of(given.before.sources), answer: given };
    },
    chart: Object.freeze({ exceedance: exceedanceChart, sources: sourcesChart }),
  });
}

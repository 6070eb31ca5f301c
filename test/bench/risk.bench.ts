import { Bench } from "tinybench";
import { compileChain, evaluateChain } from "../../promote/risk/chain.ts";
import { sampleRisk } from "../../promote/risk/epistemic.ts";
import { gridFor, type LossStream, plainStream, yearlyLoss } from "../../promote/risk/exceedance.ts";
import { compileRisk, firingProbabilities, lossStreams } from "../../promote/risk/expected-loss.ts";
import { quantity, type RiskModel } from "../../promote/risk/model.ts";
import { parseRiskModel } from "../../promote/risk/model-file/model-file.ts";
import { riskReport } from "../../promote/risk/report.ts";
import { simulateYears } from "../../promote/risk/simulate.ts";
import { simulateStreams } from "../../promote/risk/simulate-streams.ts";
import { simulateStreamsInThreads } from "../../promote/risk/simulate-threads.ts";
import { whatIf } from "../../promote/risk/what-if.ts";
import { riskTools } from "../../workbench/frame/risk/risk-tools.ts";
import { COMPANY_MODEL } from "../promote/risk/company.ts";

interface Row {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  readonly ratio: number | null;
}

/** Twelve sources, twenty scenarios that four of them touch each, 160 detections. */
function largeModel(company: RiskModel): RiskModel {
  const ids = Array.from({ length: 12 }, (_, i) => `s${i}`);
  const base = company.scenarios[0]!;
  const techniques = base.steps.flatMap((step) => step.techniques.map(([technique]) => technique));
  const touching = (k: number): string[] => [0, 1, 2, 3].map((j) => ids[(k * 5 + j * 3) % 12]!);
  return {
    ...company,
    scenarios: Array.from({ length: 20 }, (_, k) => ({
      ...base,
      id: `a${k}`,
      steps: base.steps.map((step) => ({
        ...step,
        techniques: step.techniques.map(([technique, weight]) => [`${technique}-${k}`, weight] as const),
      })),
    })),
    sources: ids.map((id) => ({
      ...company.sources[1]!,
      id,
      coverage: Object.fromEntries(
        Array.from({ length: 20 }, (_, k) => k)
          .filter((k) => touching(k).includes(id))
          .map((k) => [`a${k}`, quantity({ kind: "beta", a: 17, b: 3 })]),
      ),
    })),
    detections: Array.from({ length: 160 }, (_, r) => ({
      ...company.detections[r % 4]!,
      id: `r${r}`,
      requires: [touching(r % 20)[Math.floor(r / 20) % 4]!],
      targets: [`${techniques[r % techniques.length]!}-${r % 20}`],
    })),
    measurements: [],
  };
}

/** The baseline: Knuth's Poisson counts and Box and Muller's normals in one thread, on plain typed arrays. */
function plainYears(streams: readonly LossStream[], years: number): Float64Array {
  const yearly = new Float64Array(years);
  for (const { frequency, magnitude } of streams) {
    const limit = frequency.kind === "poisson" ? Math.exp(-frequency.rate) : 1;
    for (let year = 0; year < years; year++) {
      for (let product = Math.random(); product > limit; product *= Math.random()) {
        const normal = Math.sqrt(-2 * Math.log(Math.random())) * Math.cos(2 * Math.PI * Math.random());
        yearly[year]! += Math.exp(magnitude.mu + magnitude.sigma * normal);
      }
    }
  }
  return yearly;
}

/** Milliseconds of the quickest of three runs, alternating, so that a busy moment of the machine hits all alike. */
async function quickest(runs: Readonly<Record<string, () => unknown>>): Promise<Record<string, number>> {
  const best: Record<string, number> = {};
  for (let round = 0; round < 3; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const start = performance.now();
      await run();
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, performance.now() - start);
    }
  }
  return best;
}

/**
 * Speed of the risk model. Ratios: against the same figure without the shortcut, or against the simulation that
 * the transform replaces; null where there is nothing to compare with.
 */
export async function bench(): Promise<{ name: string; rows: Row[] }> {
  const parsed = parseRiskModel(COMPANY_MODEL, "risk/model.yaml");
  if (!parsed.ok) throw new Error("The model of the benchmark has errors.");
  const company = parsed.value;
  const compiled = compileRisk(company);
  const streams = lossStreams(compiled, 31, true);
  const grid = gridFor(streams, 1 << 14);
  firingProbabilities(compiled, compiled.means);
  const scenarios = streams.map((stream, s) => ({
    chain: compiled.chains[s]!,
    frequency: stream.frequency,
    magnitude: stream.magnitude,
    capUsd: stream.capUsd,
    coverage: compiled.coverageInputs[s]!.map((input) => compiled.means[input]!),
  }));
  const chain = compileChain(company, company.scenarios[0]!);
  const size = 1 << chain.sources.length;
  const [multiplier, detected] = [new Float64Array(size), new Float64Array(size)];

  const parts = { ok: true, bytes: null, rowCount: null } as const;
  const risk = riskTools({ ask: async () => ({ ...parts, json: company }) }, () => performance.now());
  await risk.model();
  let turn = 0.1;

  const timed = new Bench({ time: 300, warmupTime: 100 });
  timed
    .add("chain", () => evaluateChain(chain, compiled.x, 0.5, multiplier, detected))
    .add("transform", () => {
      yearlyLoss(streams, grid.stepUsd, grid.points);
    })
    .add("slider", () => {
      yearlyLoss(lossStreams(compiled, 31, true), grid.stepUsd, grid.points);
    })
    .add("what if", () => {
      whatIf(company, { inputs: { [`coverage:${company.sources[0]!.id}`]: 0.95 } });
    })
    .add("cell", async () => {
      turn = turn > 0.9 ? 0.1 : turn + 0.01;
      await risk.worth(company.sources[0]!.id, { coverage: turn });
    })
    .add("years", () => {
      simulateYears(company, scenarios, compiled.x, [31], { years: 100_000, seed: 1 });
    })
    .add("report", async () => {
      await riskReport(company, { seed: 1, generatedMs: 0 });
    });
  await timed.run();
  const milliseconds = (name: string): number => {
    const { result } = timed.getTask(name)!;
    return result && "latency" in result ? result.latency.mean : Number.NaN;
  };

  const large = compileRisk(largeModel(company));
  const draws = 500;
  const start = performance.now();
  await sampleRisk(large, { seed: 1, draws, current: 4095 });
  const perDraw = (performance.now() - start) / draws;

  const fifty = Array.from({ length: 50 }, (_, i) =>
    plainStream({ kind: "poisson", rate: 0.614 }, { mu: 11 + i / 50, sigma: 1.2 }),
  );
  const million = await quickest({
    plain: () => plainYears(fifty, 1_000_000),
    one: () => simulateStreams(fifty, { years: 1_000_000, seed: 1 }),
    threads: () => simulateStreamsInThreads(fifty, { years: 1_000_000, seed: 1 }),
  });

  return {
    name: "risk",
    rows: [
      {
        label: "50 scenarios x 1 M years, plain arrays in one thread",
        value: million.plain!,
        unit: "ms",
        ratio: 1,
      },
      {
        label: "50 scenarios x 1 M years, simulateStreams",
        value: million.one!,
        unit: "ms",
        ratio: million.plain! / million.one!,
      },
      {
        label: "50 scenarios x 1 M years, on all cores",
        value: million.threads!,
        unit: "ms",
        ratio: million.plain! / million.threads!,
      },
      {
        label: "one chain, every set of its sources",
        value: milliseconds("chain") * 1000,
        unit: "µs",
        ratio: null,
      },
      {
        label: "exact loss curve by Fourier transform",
        value: milliseconds("transform"),
        unit: "ms",
        ratio: milliseconds("years") / milliseconds("transform"),
      },
      { label: "loss curve behind a slider", value: milliseconds("slider"), unit: "ms", ratio: null },
      {
        label: "what if a coverage were another: worth of every source, loss curve, before and after",
        value: milliseconds("what if"),
        unit: "ms",
        ratio: null,
      },
      {
        label: "a notebook cell's slider: risk.worth at another coverage",
        value: milliseconds("cell"),
        unit: "ms",
        // Against the same question by simulated years, which a slider could not wait for.
        ratio: milliseconds("years") / milliseconds("cell"),
      },
      { label: "100,000 simulated years", value: milliseconds("years"), unit: "ms", ratio: null },
      { label: "whole report, 4,000 draws", value: milliseconds("report"), unit: "ms", ratio: null },
      { label: "12 sources, 20 scenarios, 160 rules, a draw", value: perDraw, unit: "ms", ratio: null },
      { label: "the same, 10,000 draws", value: perDraw * 10, unit: "s", ratio: null },
    ],
  };
}

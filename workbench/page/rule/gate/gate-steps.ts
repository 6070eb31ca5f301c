import type { GateCheck } from "../../../../server/api/api.ts";

/** One part of the way through the gate: checks that a person does together. */
export interface GateStep {
  readonly key: string;
  readonly title: string;
  readonly checks: readonly GateCheck[];
}

/** The steps in the order in which a person can do them, and the codes of the gate that belong to each, in order. */
const STEPS: readonly { readonly key: string; readonly title: string; readonly codes: readonly string[] }[] =
  [
    { key: "finds", title: "What it finds", codes: ["query", "time", "entities", "health", "fields"] },
    {
      key: "history",
      title: "What it would have cost",
      codes: ["backtest", "overlap", "forecast", "difference"],
    },
    {
      key: "tests",
      title: "That it works",
      codes: ["tests.match", "tests.no-match", "mutation", "ads.validation"],
    },
    {
      key: "answer",
      title: "Who answers, and how",
      codes: ["owner", "budget", "plan", "plan.options", "ads.response"],
    },
    {
      key: "strategy",
      title: "What it means",
      codes: [
        "ads.goal",
        "ads.categorization",
        "technique",
        "ads.strategy-abstract",
        "ads.technical-context",
        "ads.blind-spots",
        "ads.false-positives",
        "ads.priority",
        "ads.additional-resources",
      ],
    },
    { key: "stream", title: "How it runs", codes: ["batch-reason", "streamable", "proof"] },
  ];

const STEP_BY_PLACE: Readonly<Record<string, string>> = {
  rule: "finds",
  sources: "finds",
  ads: "strategy",
  plan: "answer",
  owners: "answer",
  tests: "tests",
  mutation: "tests",
  backtest: "history",
  overlap: "history",
  proof: "stream",
};

/** The gate's checks by step; each check is in exactly one, a check that is not known here goes by where it is mended. */
export function gateSteps(checks: readonly GateCheck[]): readonly GateStep[] {
  const steps = STEPS.map((step) => ({ ...step, checks: [] as GateCheck[] }));
  for (const check of checks) {
    const known = steps.find(({ codes }) => codes.includes(check.code) || codes.includes(family(check.code)));
    const place = STEP_BY_PLACE[check.link.split("#")[0] ?? ""] ?? "finds";
    (known ?? steps.find(({ key }) => key === place) ?? steps[0]!).checks.push(check);
  }
  for (const { codes, checks: own } of steps) {
    const rank = (code: string) => {
      const at = codes.indexOf(code);
      if (at >= 0) return at;
      const near = codes.indexOf(family(code));
      return near >= 0 ? near + 0.5 : codes.length;
    };
    own.sort((one, other) => rank(one.code) - rank(other.code));
  }
  return steps
    .filter((step) => step.checks.length > 0)
    .map(({ key, title, checks: own }) => ({ key, title, checks: own }));
}

/** `ads.goal` of `ads.goal.actor`. */
function family(code: string): string {
  return code.split(".").slice(0, 2).join(".");
}

/** The first check after `code` that is not passed, going round; null when all are. */
export function nextOpen(steps: readonly GateStep[], code: string): GateCheck | null {
  const all = steps.flatMap(({ checks }) => checks);
  const at = all.findIndex((check) => check.code === code);
  const round = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  return round.find((check) => check.state !== "passed" && check.code !== code) ?? null;
}

/** The check that a gate's link or code names: `ads#goal`, `ads.goal`, `plan`; null when none does. */
export function checkOf(steps: readonly GateStep[], name: string): GateCheck | null {
  const all = steps.flatMap(({ checks }) => checks);
  return (
    all.find(({ code }) => code === name) ??
    all.find(({ link, state }) => link === name && state !== "passed") ??
    all.find(({ link }) => link === name) ??
    null
  );
}

/** Where our hits on Mordor are not those of another evaluator (a throw-away one, no oracle), and why. */
export interface Difference {
  /** Id of the rule, and its path in the corpus. */
  readonly id: string;
  readonly path: string;
  readonly ours: number;
  readonly theirs: number;
  /** How many of ours are process creations of the Security channel (4688). */
  readonly oursFromSecurity: number;
}

export interface Judgement {
  readonly reason: string;
  readonly explains: (difference: Difference) => boolean;
}

export const JUDGED: readonly Judgement[] = [
  {
    reason:
      "Ours: the other evaluator was run over the folder `rules` alone; it names no rule of any other folder.",
    explains: ({ path, theirs }) => !path.startsWith("rules/") && theirs === 0,
  },
  {
    reason:
      "Ours: process_creation is both Sysmon 1 and Security 4688 (as upstream's own thor.yml maps it); the other evaluator counts Sysmon alone.",
    explains: ({ path, ours, theirs, oursFromSecurity }) =>
      path.includes("/process_creation/") && oursFromSecurity > 0 && ours - oursFromSecurity === theirs,
  },
  {
    reason:
      "Ours: read by eye, the 4104 script texts hold all three of `[Ref].Assembly.GetType`, `SetValue($null,$true)` and `NonPublic,Static`, in another case.",
    explains: ({ id, ours, theirs }) =>
      id === "e0d6c087-2d1c-47fd-8799-3904103c5a98" && theirs === 0 && ours === 1,
  },
  {
    reason:
      "Ours: the same script texts hold `iex`, `New-Object`, `Net.WebClient` and `.Download`, in another case.",
    explains: ({ id, ours, theirs }) =>
      id === "ae7fbf8e-f3cb-49fd-8db4-5f3bed522c71" && theirs === 0 && ours === 1,
  },
];

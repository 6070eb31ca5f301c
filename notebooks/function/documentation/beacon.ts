import type { HuntFunction } from "../hunt-function.ts";

export const BEACON_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "beacon_score",
    signature: "beacon_score(instants TIMESTAMP[]) -> DOUBLE",
    summary:
      "How much a pair's contacts look like a beacon, 0 to 1: near 1 for a steady beat, above 0.7 with jitter of a quarter, about 0.2 for chance. Give it list(_time) of each pair; NULL for fewer than five instants.",
    example:
      "beacon_score(['2026-01-01 00:00:00', '2026-01-01 00:01:00', '2026-01-01 00:02:01', '2026-01-01 00:03:01', '2026-01-01 00:04:01', '2026-01-01 00:05:02']::TIMESTAMP[])",
    result: "0.49583333333333335",
    kind: "scalar",
  },
  {
    name: "beacon_interval",
    signature: "beacon_interval(instants TIMESTAMP[]) -> DOUBLE",
    summary: "The median time between contacts in seconds, as beacon_score sees them.",
    example:
      "beacon_interval(['2026-01-01 00:00:00', '2026-01-01 00:01:00', '2026-01-01 00:02:00']::TIMESTAMP[])",
    result: "60.0",
    kind: "scalar",
  },
];

import type { SourceDefinition } from "./source.ts";

/** A source of which a person has said nothing but its name. */
export function defaultSource(name: string): SourceDefinition {
  return {
    name,
    description: "",
    owner: "",
    schemaMode: "evolve",
    time: { fields: [], format: "auto", zone: "UTC" },
    entities: [],
    cost: {
      gigabytesPerDay: null,
      ingestUsdPerGigabyte: 0,
      storageUsdPerGigabyteMonth: 0.023,
      retentionDays: 90,
      agentCount: 0,
      agentUsdPerYear: 0,
      engineerHoursPerYear: 0,
    },
    stream: { allowedLatenessMs: 600_000 },
    health: { maximumSilenceMs: null, maximumQuarantinedShare: 0.01 },
  };
}

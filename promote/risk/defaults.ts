import type { RiskSettings } from "./model.ts";
import { type Quantity, quantity } from "./model.ts";

/** Defaults are other people's averages (secondary sources): labelled as such wherever they are shown. */
export const DEFAULT_SETTINGS: RiskSettings = {
  analystUsdPerHour: 95,
  kappa: 0.5,
  epistemicShare: 0.3,
  intervalHitRate: 0.9,
  appetite: null,
  horizonYears: 3,
  discountRate: 0.08,
  incidentsSince: null,
};

/** Poisson-lognormal, mu -2.2846, sigma 0.8691: 0.149 attacks a year on average. */
export const DEFAULT_FREQUENCY: Quantity = quantity(
  { kind: "lognormal", mu: -2.2846, sigma: 0.8691 },
  { origin: "default", source: "IRIS 2022 rate of significant incidents, via jabenninghoff.github.io" },
);

/** One in seven simulated attacks raises an alert; worth ten tests. */
export const DEFAULT_P: Quantity = quantity(
  { kind: "beta", a: 10 / 7, b: 60 / 7 },
  {
    origin: "default",
    source: "Picus Blue Report 2025: 1 in 7 simulated attacks alert, via thehackernews.com",
  },
);

export const DEFAULT_H: Quantity = quantity(
  { kind: "beta", a: 8, b: 2 },
  { origin: "default", source: "assumed: four of five alerts are acted on" },
);

export const DEFAULT_TRIAGE_MINUTES: Quantity = quantity(10, {
  origin: "default",
  source: "CriticalStart 2019: 78% say over 10 minutes an alert",
});

export const DEFAULT_ALERTS_PER_YEAR: Quantity = quantity(100, {
  origin: "default",
  source: "assumed until the rule has been backtested",
});

/** Attackers are found by somebody else after a median of 11 days. */
export const DEFAULT_DISCOVERY_DAYS = 11;

export const DEFAULT_RESPONSE_DAYS = 0.25;

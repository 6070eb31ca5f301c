import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { Fields } from "../../connectors/yaml/fields.ts";
import { readYamlTree, shown } from "../../connectors/yaml/yaml-tree.ts";

/** Where an owner is told of an alert: `{kind: mail, to: platform@example.org}`. */
export interface Channel {
  readonly kind: string;
  readonly to: string;
}

/** A team that answers for systems. */
export interface Owner {
  readonly name: string;
  readonly title: string;
  /** People on call, the first one first. */
  readonly onCall: readonly string[];
  /** Names of the systems it answers for. */
  readonly systems: readonly string[];
  readonly channels: readonly Channel[];
  /** Alerts a week that it is willing to take from all rules together; alerts, not dollars. */
  readonly alertsPerWeekBudget: number;
  /** What an hour of its time costs, US dollars. */
  readonly hourlyRateUsd: number;
}

/** A system that somebody answers for, with the hosts that belong to it. */
export interface OwnedSystem {
  readonly name: string;
  readonly title: string;
  readonly owner: string;
  readonly hosts: readonly string[];
}

/** The parsed `owners.yaml`. */
export interface Owners {
  readonly owners: readonly Owner[];
  readonly systems?: readonly OwnedSystem[];
  /** What an hour of the engine costs, US dollars; absent when nobody says. */
  readonly engineUsdPerHour?: number;
}

const OWNER_NAME = /^[a-z][a-z0-9_-]{0,47}$/;
export const DEFAULT_ALERTS_PER_WEEK_BUDGET = 5;
export const DEFAULT_HOURLY_RATE_USD = 85;

/** Parses `owners.yaml`. Never throws; names must be unique, and a system's owner must be one of the owners. */
export function parseOwners(yaml: string, place: string): Parsed<Owners> {
  const issues: Issue[] = [];
  const read = readYamlTree(yaml, place);
  issues.push(...read.issues);
  const fields = new Fields(read.tree, place, "owners", issues);
  const owners: Owner[] = [];
  for (const entry of fields.list("owners", 1_000)) {
    const owner = parseOwner(entry);
    if (!OWNER_NAME.test(owner.name))
      entry.report(
        "error",
        "name",
        entry.line,
        `"${shown(owner.name)}" is no name of an owner.`,
        "Use lower-case letters, digits, dashes and underscores, a letter first.",
      );
    else if (owners.some(({ name }) => name === owner.name))
      entry.report(
        "error",
        "name-twice",
        entry.line,
        `Two owners are named ${owner.name}.`,
        "Give every owner a name of its own.",
      );
    else owners.push(owner);
  }
  const systems: OwnedSystem[] = [];
  for (const entry of fields.list("systems", 10_000)) {
    const system: OwnedSystem = {
      name: entry.text("name", "", 100),
      title: entry.text("title", entry.text("name", "", 100), 200),
      owner: entry.text("owner", "", 100),
      hosts: entry.texts("hosts", 10_000),
    };
    entry.finish();
    if (system.name === "")
      entry.report("error", "name", entry.line, "A system has no name.", "Give it one.");
    else if (!owners.some(({ name }) => name === system.owner))
      entry.report(
        "error",
        "owner",
        entry.line,
        `Nobody named "${shown(system.owner)}" is among the owners, so ${shown(system.name)} has none.`,
        "Name one of the owners above.",
      );
    else systems.push(system);
  }
  const engineUsdPerHour = fields.number("engineUsdPerHour", null, 0, 100_000);
  fields.finish();
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const withSystems = owners.map((owner) => ({
    ...owner,
    systems: [
      ...new Set([
        ...owner.systems,
        ...systems.filter((system) => system.owner === owner.name).map(({ name }) => name),
      ]),
    ],
  }));
  const price = engineUsdPerHour === null ? {} : { engineUsdPerHour };
  return { ok: true, value: { owners: withSystems, systems, ...price }, issues };
}

function parseOwner(entry: Fields): Owner {
  const name = entry.text("name", "", 100);
  const rate = entry.has("usdPerHour") ? "usdPerHour" : "hourlyRateUsd";
  const owner: Owner = {
    name,
    title: entry.text("title", name, 200),
    onCall: entry.texts("onCall", 100),
    systems: entry.texts("systems", 1_000),
    channels: entry.list("channels", 50).map((channel) => {
      const read = { kind: channel.text("kind", "", 50), to: channel.text("to", "", 500) };
      channel.finish();
      return read;
    }),
    alertsPerWeekBudget: entry.number("alertsPerWeekBudget", DEFAULT_ALERTS_PER_WEEK_BUDGET, 0, 10_000),
    hourlyRateUsd: entry.number(rate, DEFAULT_HOURLY_RATE_USD, 0, 10_000),
  };
  if (rate === "usdPerHour")
    entry.wrong(rate, "`usdPerHour` has the older name.", "Write hourlyRateUsd.", "warning");
  if (owner.onCall.length === 0)
    entry.report(
      "warning",
      "on-call",
      entry.line,
      `Nobody is on call for ${shown(name)}.`,
      "Name at least one person in onCall.",
    );
  entry.finish();
  return owner;
}

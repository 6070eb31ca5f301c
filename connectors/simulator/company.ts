import { createRandom, type Random, windowsGuid } from "./random.ts";

/** Lantern Freight: a made-up company. Its names end in .example, its addresses are documentation or private. */
export const DOMAIN = "lantern.example";
export const NETBIOS = "LANTERN";
export const CLOUD_ACCOUNT = "111122223333";
export const CLOUD_REGION = "eu-west-1";

/** The office's own address on the internet. */
export const OFFICE_ADDRESS = "192.0.2.10";
/** Where the nightly backup goes, every night. */
export const BACKUP_ADDRESS = "198.51.100.50";
/** Where releases are published from the build server. */
export const MIRROR_ADDRESS = "198.51.100.60";

export interface Network {
  readonly asNumber: number;
  readonly asOrganisation: string;
  readonly city: string;
  readonly country: string;
}
export const OFFICE_NETWORK: Network = {
  asNumber: 64496,
  asOrganisation: "Lantern Freight",
  city: "Galway",
  country: "Ireland",
};
const HOME_NETWORKS: readonly Network[] = [
  { asNumber: 64497, asOrganisation: "Corrib Broadband", city: "Galway", country: "Ireland" },
  { asNumber: 64498, asOrganisation: "Shannon Fibre", city: "Limerick", country: "Ireland" },
  { asNumber: 64499, asOrganisation: "Liffey Cable", city: "Dublin", country: "Ireland" },
];
export const MOBILE_NETWORK: Network = {
  asNumber: 64500,
  asOrganisation: "Atlantic Mobile",
  city: "Dublin",
  country: "Ireland",
};

export interface Account {
  /** `finance07`: a desk, never a person's name. */
  readonly name: string;
  readonly mail: string;
  readonly department: string;
  readonly securityId: string;
  readonly directoryId: string;
  readonly logonId: string;
  readonly homeAddress: string;
  readonly homeNetwork: Network;
  readonly mobileAddress: string;
  readonly userAgent: string;
}

export interface Machine {
  readonly name: string;
  /** Fully qualified, as event collectors write it. */
  readonly hostname: string;
  readonly address: string;
  readonly server: boolean;
  readonly account: Account;
  /** Long-lived processes by name, so that children have a parent that exists. */
  readonly standing: Readonly<Record<StandingProcess, { readonly guid: string; readonly id: string }>>;
}

export const STANDING_PROCESSES = ["explorer", "services", "svchost", "wininit", "browser", "agent"] as const;
export type StandingProcess = (typeof STANDING_PROCESSES)[number];

export interface Company {
  readonly accounts: readonly Account[];
  readonly workstations: readonly Machine[];
  readonly servers: readonly Machine[];
  readonly machines: readonly Machine[];
  readonly resolvers: readonly Machine[];
  /** Internet names with the address each has, most visited first. */
  readonly sites: readonly { readonly name: string; readonly address: string }[];
  server(name: string): Machine;
  account(name: string): Account;
}

const DEPARTMENTS: readonly (readonly [string, number])[] = [
  ["dispatch", 48],
  ["sales", 34],
  ["finance", 18],
  ["warehouse", 40],
  ["engineering", 26],
  ["people", 8],
  ["it", 6],
];
const SERVER_NAMES: readonly string[] = [
  "DC01",
  "DC02",
  "FS01",
  "FS02",
  "APP01",
  "APP02",
  "APP03",
  "APP04",
  "DB01",
  "DB02",
  "WEB01",
  "WEB02",
  "BUILD01",
  "BACKUP01",
  "MGMT01",
  "PRINT01",
  "GATE01",
  "MAIL01",
  "WMS01",
  "WMS02",
  "REPORT01",
  "LICENSE01",
];
const USER_AGENTS: readonly string[] = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
];
const SITE_WORDS: readonly string[] = [
  "amber",
  "basalt",
  "cinder",
  "delta",
  "ember",
  "fjord",
  "granite",
  "harbour",
  "indigo",
  "juniper",
  "kelp",
  "lichen",
  "meadow",
  "nimbus",
  "ochre",
  "pebble",
  "quartz",
  "ripple",
  "saffron",
  "tundra",
];
const SITE_TRADES: readonly string[] = [
  "cdn",
  "mail",
  "maps",
  "news",
  "freight",
  "bank",
  "docs",
  "weather",
  "ports",
  "parts",
  "fuel",
  "video",
  "metrics",
  "updates",
  "travel",
  "tools",
];
const SITE_HOSTS: readonly string[] = ["www", "api", "static", "login", "img", "edge"];

function standing(random: Random): Machine["standing"] {
  const processes: Partial<Record<StandingProcess, { guid: string; id: string }>> = {};
  for (const name of STANDING_PROCESSES) {
    processes[name] = { guid: windowsGuid(random), id: String(4 * (100 + random.below(2400))) };
  }
  return processes as Machine["standing"];
}

function makeAccount(random: Random, name: string, department: string, index: number): Account {
  return {
    name,
    mail: `${name}@${DOMAIN}`,
    department,
    securityId: `S-1-5-21-1004336348-1177238915-682003330-${1100 + index}`,
    directoryId: `00u${random.letters(16)}0`,
    logonId: `0x${random.hex(8)}`,
    homeAddress: `192.0.2.${40 + (index % 160)}`,
    homeNetwork: HOME_NETWORKS[index % HOME_NETWORKS.length]!,
    mobileAddress: `192.0.2.${210 + (index % 40)}`,
    userAgent: random.pick(USER_AGENTS),
  };
}

/** The same company for the same seed: 180 desks and their workstations, 22 servers, 600 internet names. */
export function createCompany(seed: number): Company {
  const random = createRandom(`company/${seed}`);
  const accounts: Account[] = [];
  for (const [department, count] of DEPARTMENTS) {
    for (let index = 1; index <= count; index++) {
      const name = `${department}${String(index).padStart(2, "0")}`;
      accounts.push(makeAccount(random, name, department, accounts.length));
    }
  }
  const workstations = accounts.map((account, index): Machine => {
    const name = `WS-${String(index + 1).padStart(3, "0")}`;
    return {
      name,
      hostname: `${name}.${DOMAIN}`,
      address: `10.20.${10 + Math.floor(index / 100)}.${20 + (index % 100)}`,
      server: false,
      account,
      standing: standing(random),
    };
  });
  const servers = SERVER_NAMES.map(
    (name, index): Machine => ({
      name,
      hostname: `${name}.${DOMAIN}`,
      address: `10.20.1.${11 + index}`,
      server: true,
      account: makeAccount(
        random,
        `svc_${name.toLowerCase().replace(/\d+$/, "")}`,
        "service",
        accounts.length + index,
      ),
      standing: standing(random),
    }),
  );
  const sites: { name: string; address: string }[] = [];
  for (let index = 0; index < 600; index++) {
    const trade = SITE_TRADES[index % SITE_TRADES.length]!;
    const word = SITE_WORDS[Math.floor(index / 3) % SITE_WORDS.length]!;
    const host = SITE_HOSTS[Math.floor(index / 7) % SITE_HOSTS.length]!;
    const last = 100 + (index % 130);
    sites.push({
      name: `${host}.${word}-${trade}.example`,
      address: index % 3 === 0 ? `203.0.113.${last}` : `198.51.100.${last}`,
    });
  }
  const find = <T extends { readonly name: string }>(items: readonly T[], name: string): T => {
    const item = items.find((candidate) => candidate.name === name);
    if (!item) throw new Error(`The simulated company has no ${name}`);
    return item;
  };
  return {
    accounts,
    workstations,
    servers,
    machines: [...workstations, ...servers],
    resolvers: servers.slice(0, 2),
    sites,
    server: (name) => find(servers, name),
    account: (name) => find(accounts, name),
  };
}

import { type Account, MOBILE_NETWORK, type Network, OFFICE_ADDRESS, OFFICE_NETWORK } from "./company.ts";
import type { Day, WrittenFile } from "./day.ts";
import { createRandom, type Random, uuid, weighted } from "./random.ts";
import { dayCount, instantsOfDay, OFFICE_HOURS } from "./rhythm.ts";
import { createTimeline } from "./timeline.ts";

/** Events of a week at scale 1. */
export const IDP_EVENTS = 50_000;

const MESSAGES = {
  "user.session.start": ["User login to Okta", "core.user_auth.login_success"],
  "user.authentication.sso": ["User single sign on to app", "app.auth.sso"],
  "user.authentication.auth_via_mfa": ["Authentication of user via MFA", "core.user.factor.attempt_success"],
  "policy.evaluate_sign_on": ["Evaluation of sign-on policy", ""],
  "user.session.end": ["User logout from Okta", "core.user_auth.logout_success"],
  "user.mfa.factor.activate": ["Activate factor or authenticator for user", "core.user.factor.activate"],
} as const;
export type IdpEventType = keyof typeof MESSAGES;

export const IDP_APPLICATIONS: readonly string[] = [
  "Dispatch Board",
  "Mail and Calendar",
  "Rates Library",
  "Remote Desktop Gateway",
  "Cloud Console",
  "Payroll",
  "Ticket Desk",
  "Warehouse Portal",
];

export interface SignIn {
  readonly date: string;
  readonly clock: string;
  readonly uuid: string;
  readonly eventType: IdpEventType;
  readonly account: Account;
  readonly session: string;
  readonly address: string;
  readonly network: Network;
  readonly userAgent: string;
  readonly application: string;
  readonly result: "SUCCESS" | "FAILURE" | "CHALLENGE";
  readonly request: string;
}

/** One line of the identity provider's system log (the shape of Okta's System Log API, NDJSON). */
export function signInLine(event: SignIn): string {
  const { account, network } = event;
  const [message, legacy] = MESSAGES[event.eventType];
  const target =
    event.eventType === "user.authentication.sso"
      ? `[{"id":"0oa${account.directoryId.slice(3, 9)}","type":"AppInstance","alternateId":"${event.application}","displayName":"${event.application}"}]`
      : "null";
  return `{"uuid":"${event.uuid}","published":"${event.date}T${event.clock}Z","eventType":"${event.eventType}","version":"0","severity":"INFO","legacyEventType":"${legacy}","displayMessage":"${message}","actor":{"id":"${account.directoryId}","type":"User","alternateId":"${account.mail}","displayName":"${account.name}"},"client":{"userAgent":{"rawUserAgent":"${event.userAgent}","os":"Windows 10","browser":"CHROME"},"zone":"null","device":"Computer","ipAddress":"${event.address}","geographicalContext":{"city":"${network.city}","country":"${network.country}"}},"outcome":{"result":"${event.result}","reason":null},"target":${target},"transaction":{"type":"WEB","id":"${event.request}"},"debugContext":{"debugData":{"requestId":"${event.request}","requestUri":"/api/v1/authn"}},"authenticationContext":{"authenticationStep":0,"externalSessionId":"${event.session}"},"securityContext":{"asNumber":${network.asNumber},"asOrg":"${network.asOrganisation}","isp":"${network.asOrganisation}","isProxy":false}}\n`;
}

/** The session that an account has on a day: one until the next day, as long as the desk is manned. */
export function sessionOf(seed: number, account: Account, date: string): string {
  return `102${createRandom(`session/${seed}/${account.name}/${date}`).letters(20)}`;
}

const pickType = weighted<IdpEventType>(
  [
    "user.session.start",
    "user.authentication.sso",
    "user.authentication.auth_via_mfa",
    "policy.evaluate_sign_on",
    "user.session.end",
    "user.mfa.factor.activate",
  ],
  [10, 60, 8, 16, 5, 0.4],
);

/** At the desk most of the time; at home before and after; a phone now and then keeps the session. */
function place(random: Random, account: Account, hour: number): readonly [string, Network] {
  const chance = random.next();
  if (chance < 0.04) return [account.mobileAddress, MOBILE_NETWORK];
  const atHome = hour < 7 || hour >= 18 ? 0.9 : account.directoryId.charCodeAt(4) % 4 === 0 ? 0.8 : 0.02;
  return chance < atHome ? [account.homeAddress, account.homeNetwork] : [OFFICE_ADDRESS, OFFICE_NETWORK];
}

/** Writes one day of the identity provider's sign-ins as NDJSON. */
export async function writeIdpDay(day: Day, seed: number): Promise<WrittenFile[]> {
  const { company, random, stamps } = day;
  const file = day.open(`system-log-${stamps.date}.ndjson`);
  const planned = createTimeline(day.planned("idp"), file.write);
  const count = Math.round(dayCount(IDP_EVENTS, day.weekStartMs, day.index) * day.scale);
  const sessions = company.accounts.map((account) => sessionOf(seed, account, stamps.date));
  let events = count;
  for (const msOfDay of instantsOfDay(random, count, OFFICE_HOURS)) {
    events += planned.until(msOfDay);
    const index = random.below(company.accounts.length);
    const account = company.accounts[index]!;
    const [address, network] = place(random, account, Math.floor(msOfDay / 3_600_000));
    file.write(
      signInLine({
        date: stamps.date,
        clock: stamps.clock(msOfDay),
        uuid: uuid(random),
        eventType: pickType(random),
        account,
        session: sessions[index]!,
        address,
        network,
        userAgent: account.userAgent,
        application: random.pick(IDP_APPLICATIONS),
        result: random.next() < 0.985 ? "SUCCESS" : "FAILURE",
        request: random.letters(24),
      }),
    );
    if (file.full) await file.drain();
  }
  events += planned.rest();
  return [{ path: file.path, events, malformed: 0, bytes: await file.close() }];
}

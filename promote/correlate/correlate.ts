import { deterministicId } from "../records/deterministic-id.ts";
import type { Case, Detection, RecordStore } from "../records/records.ts";

export const DEFAULT_WINDOW_MS = 3_600_000;
const DETECTIONS_AT_ONCE = 1_000;
/** Newest cases that a detection may still join. */
const CASES_LOOKED_AT = 1_000;

/** What correlation changed. */
export interface Correlated {
  readonly opened: readonly Case[];
  readonly grown: readonly Case[];
}

export interface CorrelateRequest {
  readonly store: RecordStore;
  readonly nowMs: number;
  /** How far apart in event time the first detection of a case and another one may lie. Default one hour. */
  readonly windowMs?: number;
  readonly titleOf: (detection: Detection) => string;
  /** Whether more detections may join; a case that somebody has decided takes none. */
  readonly isOpen: (value: Case) => boolean;
  /** Called for each new case in the transaction that writes it, so that what belongs to it is never missing. */
  readonly onOpened: (value: Case, first: Detection) => void;
  /** How rules whose alerts are limited are held to it. */
  readonly throttle?: CorrelationThrottle;
}

/**
 * What is over a rule's limit is gathered into one case, of whatever entities; the case opens as one alert when the
 * limit leaves room. Nothing is lost, and no hour has more alerts than the limit.
 */
export interface CorrelationThrottle {
  /** Alerts that the rule may raise in any hour; null for as many as there are. */
  readonly maximumPerHour: (rule: string) => number | null;
  /** Alerts that it raised in the last hour, those of this very transaction among them. */
  readonly alertsLately: (rule: string) => number;
  /** The title of what was gathered. */
  readonly titleOf: (rule: string, count: number) => string;
}

interface Candidate {
  value: Case;
  readonly firstTimeUs: bigint;
  readonly isNew: boolean;
}

function groupKey({ rule, entities }: Detection): string {
  return JSON.stringify([rule, Object.entries(entities)]);
}

/** The id of the case that this detection opens. */
export function caseId(first: Detection): string {
  return deterministicId("case", first.id);
}

function openCandidates(request: CorrelateRequest): Map<string, Candidate[]> {
  const found = new Map<string, Candidate[]>();
  for (const value of request.store.cases({ limit: CASES_LOOKED_AT })) {
    const first = request.store.detection(value.detectionIds[0] ?? "");
    if (first === undefined || value.waitsForRoom || !request.isOpen(value)) continue;
    const candidates = found.get(groupKey(first)) ?? [];
    candidates.push({ value, firstTimeUs: first.eventTimeUs, isNew: false });
    found.set(groupKey(first), candidates);
  }
  return found;
}

function hasRoom({ throttle }: CorrelateRequest, rule: string): boolean {
  const maximum = throttle?.maximumPerHour(rule) ?? null;
  return maximum === null || throttle!.alertsLately(rule) < maximum;
}

/** What one transaction adds to the cases that wait for room, one for each rule. */
class GatheredCases {
  readonly #request: CorrelateRequest;
  readonly #added = new Map<string, Detection[]>();

  constructor(request: CorrelateRequest) {
    this.#request = request;
  }

  add(detection: Detection): void {
    const known = this.#added.get(detection.rule);
    if (known === undefined) this.#added.set(detection.rule, [detection]);
    else known.push(detection);
  }

  put(): void {
    const { store, throttle, nowMs } = this.#request;
    const waiting = this.#added.size === 0 ? [] : store.waitingCases();
    for (const [rule, detections] of this.#added) {
      const known = waiting.find(({ gatheredFor }) => gatheredFor === rule);
      const detectionIds = [...(known?.detectionIds ?? []), ...detections.map(({ id }) => id)];
      store.putCase({
        id: known?.id ?? deterministicId("case", "gathered", detectionIds[0]!),
        title: throttle!.titleOf(rule, detectionIds.length),
        detectionIds,
        entities: {},
        openedMs: known?.openedMs ?? nowMs,
        gatheredFor: rule,
        waitsForRoom: true,
      });
    }
  }
}

/**
 * Opens what was gathered, where there is room by now. What was withdrawn meanwhile wakes nobody, and is in no case
 * then: found again, it comes like anything new.
 */
function openGathered(request: CorrelateRequest): Case[] {
  const { store } = request;
  const found: Case[] = [];
  store.transaction(() => {
    for (const value of store.waitingCases()) {
      const rule = value.gatheredFor ?? "";
      if (!hasRoom(request, rule)) continue;
      const standing = value.detectionIds.flatMap((id) => {
        const detection = store.detection(id);
        return detection === undefined || detection.withdrawnMs !== undefined ? [] : detection;
      });
      const [first] = standing;
      if (first === undefined) {
        store.dissolveCase(value.id);
        continue;
      }
      const title = request.throttle?.titleOf(rule, standing.length) ?? value.title;
      const next: Case = { ...value, title, waitsForRoom: false };
      store.putCase(next);
      request.onOpened(next, first);
      found.push(next);
    }
  });
  return found;
}

/**
 * Puts detections of paging rules into cases: the same rule and entities within the window of a case's first
 * detection join it, others open one. Ids follow from the detections; each call writes in one transaction.
 */
export function correlateDetections(request: CorrelateRequest): Correlated {
  const { store } = request;
  const windowUs = BigInt(Math.round((request.windowMs ?? DEFAULT_WINDOW_MS) * 1000));
  const opened = new Map<string, Case>();
  const grown = new Map<string, Case>();
  for (;;) {
    const detections = store.uncasedDetections(DETECTIONS_AT_ONCE);
    if (detections.length === 0) break;
    store.transaction(() => {
      const candidates = openCandidates(request);
      const changed = new Map<string, { readonly candidate: Candidate; readonly first: Detection }>();
      const gathered = new GatheredCases(request);
      for (const detection of detections) {
        const group = candidates.get(groupKey(detection)) ?? [];
        const near = group.find(({ firstTimeUs }) => {
          const apartUs = detection.eventTimeUs - firstTimeUs;
          return apartUs > -windowUs && apartUs < windowUs;
        });
        if (near !== undefined) {
          near.value = { ...near.value, detectionIds: [...near.value.detectionIds, detection.id] };
          if (!changed.has(near.value.id)) changed.set(near.value.id, { candidate: near, first: detection });
          continue;
        }
        if (!hasRoom(request, detection.rule)) {
          gathered.add(detection);
          continue;
        }
        const value: Case = {
          id: caseId(detection),
          title: request.titleOf(detection),
          detectionIds: [detection.id],
          entities: detection.entities,
          openedMs: request.nowMs,
        };
        const candidate = { value, firstTimeUs: detection.eventTimeUs, isNew: true };
        group.push(candidate);
        candidates.set(groupKey(detection), group);
        changed.set(value.id, { candidate, first: detection });
        request.onOpened(value, detection);
      }
      for (const { candidate } of changed.values()) {
        store.putCase(candidate.value);
        (candidate.isNew ? opened : grown).set(candidate.value.id, candidate.value);
      }
      gathered.put();
    });
    if (detections.length < DETECTIONS_AT_ONCE) break;
  }
  for (const value of openGathered(request)) opened.set(value.id, value);
  return { opened: [...opened.values()], grown: [...grown.values()].filter(({ id }) => !opened.has(id)) };
}

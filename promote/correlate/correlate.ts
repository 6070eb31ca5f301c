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
    if (first === undefined || !request.isOpen(value)) continue;
    const candidates = found.get(groupKey(first)) ?? [];
    candidates.push({ value, firstTimeUs: first.eventTimeUs, isNew: false });
    found.set(groupKey(first), candidates);
  }
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
      }
      for (const { candidate, first } of changed.values()) {
        store.putCase(candidate.value);
        (candidate.isNew ? opened : grown).set(candidate.value.id, candidate.value);
        if (candidate.isNew) request.onOpened(candidate.value, first);
      }
    });
    if (detections.length < DETECTIONS_AT_ONCE) break;
  }
  return { opened: [...opened.values()], grown: [...grown.values()].filter(({ id }) => !opened.has(id)) };
}

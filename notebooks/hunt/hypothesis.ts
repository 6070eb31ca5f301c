/** A hypothesis in words. Browser-safe: pure functions only. */
import type { HuntRecord } from "./hunt-record.ts";

/** The parts of a hypothesis. */
export type HypothesisParts = Pick<HuntRecord, "actor" | "behaviour" | "location" | "evidence">;

/**
 * One plain sentence of the parts that are given: "If an operator of ransomware dumps LSASS on a domain controller, then
 * the data shows a handle to lsass.exe from an unknown process." Empty when there is neither behaviour nor evidence.
 */
export function hypothesisSentence(parts: HypothesisParts): string {
  const [actor, behaviour, location, evidence] = [
    parts.actor,
    parts.behaviour,
    parts.location,
    parts.evidence,
  ].map(trimmed) as [string, string, string, string];
  if (behaviour === "" && evidence === "") return "";
  const who = actor === "" ? "somebody" : actor;
  const where =
    location === ""
      ? ""
      : ` ${/^(on|in|at|from|across|through|inside|within)\s/i.test(location) ? location : `on ${location}`}`;
  const does = behaviour === "" ? "was active" : behaviour;
  if (evidence === "") return `${capital(who)} ${does}${where}.`;
  return `If ${who} ${does}${where}, then the data shows ${evidence}.`;
}

/** The record with other parts; its sentence follows them unless a person wrote another one. */
export function withParts(hunt: HuntRecord, change: Partial<HypothesisParts>): HuntRecord {
  const next = { ...hunt, ...change };
  const isMade = hunt.hypothesis.trim() === "" || hunt.hypothesis === hypothesisSentence(hunt);
  return isMade ? { ...next, hypothesis: hypothesisSentence(next) } : next;
}

function trimmed(text: string): string {
  return text.trim().replace(/[.\s]+$/, "");
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

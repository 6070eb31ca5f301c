import type { Clock } from "../../connectors/time/instant.ts";
import type { PersonPresent } from "../api/api.ts";

/** Somebody who has not been heard of for this long has closed the notebook. */
export const GONE_AFTER_MS = 12_000;
/** A window in the background asks more rarely. */
export const HIDDEN_GONE_AFTER_MS = 90_000;

/** A question of a window that was under way when it said goodbye does not bring it back. */
const GOODBYE_MS = 5000;

interface Seen {
  readonly user: string;
  readonly cell: number | null;
  readonly sinceMs: number;
  readonly goneMs: number;
}

/** Who has which notebook open. In memory: after a restart everybody is heard of again within seconds. */
export class NotebookPresence {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Map<string, Seen>>();
  readonly #left = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes one window of one person. `cell` is where it works. */
  note(
    notebook: string,
    client: string,
    user: string,
    place: { readonly cell: number | null; readonly hidden: boolean },
  ): void {
    const nowMs = this.#clock();
    for (const [id, untilMs] of this.#left) if (untilMs <= nowMs) this.#left.delete(id);
    if (this.#left.has(client)) return;
    const people = this.#seen.get(notebook) ?? new Map<string, Seen>();
    this.#seen.set(notebook, people);
    people.set(client, {
      user,
      cell: place.cell,
      sinceMs: people.get(client)?.sinceMs ?? nowMs,
      goneMs: nowMs + (place.hidden ? HIDDEN_GONE_AFTER_MS : GONE_AFTER_MS),
    });
  }

  leave(notebook: string, client: string): void {
    this.#left.set(client, this.#clock() + GOODBYE_MS);
    this.#seen.get(notebook)?.delete(client);
    if (this.#seen.get(notebook)?.size === 0) this.#seen.delete(notebook);
  }

  /** Everybody else's windows, the one that came first leading. */
  others(notebook: string, client: string): PersonPresent[] {
    const nowMs = this.#clock();
    const people = this.#seen.get(notebook);
    if (!people) return [];
    for (const [id, { goneMs }] of people) if (goneMs <= nowMs) people.delete(id);
    if (people.size === 0) this.#seen.delete(notebook);
    return [...people]
      .filter(([id]) => id !== client)
      .sort(([, left], [, right]) => left.sinceMs - right.sinceMs)
      .map(([id, { user, cell, sinceMs }]) => ({
        client: id,
        user,
        cell,
        since: new Date(sinceMs).toISOString(),
      }));
  }
}

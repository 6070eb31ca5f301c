import { html, type PropertyValues, type TemplateResult } from "lit";
import { type ApiFailure, asFailure, isAbort } from "../../../../api/api-failure.ts";
import { client } from "../../../../api/browser-client.ts";
import { View } from "../../../../element/view.ts";
import { formatCount, formatPlural, formatShare } from "../../../../format/number.ts";

const WAIT_MS = 700;

/** How many of a rule's rows meet a predicate, counted while it is written. */
export class PredicateCount extends View {
  static override properties = { sql: { attribute: false }, predicate: { attribute: false } };
  declare sql: string;
  declare predicate: string;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #abort: AbortController | null = null;
  #count: { readonly met: number; readonly of: number } | null = null;
  #failure: ApiFailure | null = null;

  override disconnectedCallback(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#abort?.abort();
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has("predicate") && !changed.has("sql")) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#count = null;
    this.#failure = null;
    this.#timer = setTimeout(() => void this.#ask(), WAIT_MS);
  }

  override render(): TemplateResult {
    if (this.#failure !== null) return html`<p class="notice bad" role="status">${this.#failure.message}</p>`;
    if (this.#count === null) return html`<p class="muted" role="status">Counting…</p>`;
    const { met, of } = this.#count;
    return html`<p class="muted" role="status">
      It meets ${formatCount(met)} of ${formatPlural(of, "row")}${of === 0 ? "" : ` (${formatShare(met / of)})`} of what the rule
      finds in all data.
    </p>`;
  }

  async #ask(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const inner = this.sql.trim().replace(/;\s*$/, "");
    try {
      const { rows } = await client.queryRows(
        {
          sql: `select count(*)::integer as found, (count(*) filter (where coalesce((${this.predicate}\n), false)))::integer as met from (${inner}\n) as detections_of_rule`,
        },
        crypto.randomUUID(),
        abort.signal,
      );
      this.#count = { met: Number(rows[0]?.met ?? 0), of: Number(rows[0]?.found ?? 0) };
    } catch (error) {
      if (isAbort(error)) return;
      this.#failure = asFailure(error);
    }
    this.requestUpdate();
  }
}

customElements.define("spoor-predicate-count", PredicateCount);

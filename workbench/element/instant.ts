import { html, type TemplateResult } from "lit";
import { formatAge, formatLocal, formatUtc, instantMs } from "../format/instant.ts";

/** A time in the reader's zone; UTC on hover. A text that is no instant is shown as it is. */
export function instant(iso: string | null): TemplateResult {
  const ms = iso === null ? null : instantMs(iso);
  if (ms === null) return html`<span class="muted">${iso ?? "never"}</span>`;
  return html`<time datetime=${new Date(ms).toISOString()} title=${formatUtc(ms)}>${formatLocal(ms)}</time>`;
}

/** How long ago; the time in the reader's zone and in UTC on hover. */
export function age(iso: string | null): TemplateResult {
  const ms = iso === null ? null : instantMs(iso);
  if (ms === null) return html`<span class="muted">${iso ?? "never"}</span>`;
  return html`<time datetime=${new Date(ms).toISOString()} title=${`${formatLocal(ms)} · ${formatUtc(ms)}`}
    >${formatAge(ms, Date.now())}</time
  >`;
}

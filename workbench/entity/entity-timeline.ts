import { axisX, dot, plot, rect, ruleX, ruleY, text } from "@observablehq/plot";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Annotation } from "../../notebooks/entity/entity-profile.ts";
import { View } from "../element/view.ts";
import { formatLocal, formatTick, formatUtc, instantMs } from "../format/instant.ts";
import { formatCount, formatPlural } from "../format/number.ts";
import { countWithin, type Lane } from "./entity-lane.ts";
import { panSpan, spanBetween, type TimeSpan, zoomSpan } from "./time-span.ts";

const LANE_HEIGHT = 34;
const NOTE_HEIGHT = 20;
const AXIS_HEIGHT = 26;
const TOP = 16;
const RIGHT = 24;
const CLICK_PIXELS = 4;
const LANE_COLOURS = ["var(--chart-1)", "var(--chart-3)", "var(--chart-4)"];

interface Mark {
  readonly at: Date;
  readonly until: Date;
  readonly lane: number;
  readonly share: number;
  readonly colour: string;
}

/**
 * Lanes of one entity's events over time. Drag selects a range, Ctrl and the wheel (or the wheel alone once it has the
 * focus) zoom, the keyboard does all of it. It draws and tells; whoever holds it keeps span, selection and notes.
 */
export class EntityTimeline extends View {
  static override properties = {
    lanes: { attribute: false },
    notes: { attribute: false },
    span: { attribute: false },
    limits: { attribute: false },
    selection: { attribute: false },
    busy: { attribute: false },
    compact: { attribute: false },
    pointMs: { attribute: false },
    cursorMs: { state: true },
    pointed: { state: true },
  };
  declare lanes: readonly Lane[];
  declare notes: readonly Annotation[];
  declare span: TimeSpan;
  declare limits: TimeSpan;
  declare selection: TimeSpan | null;
  declare busy: boolean;
  declare compact: boolean;
  /** The time of the event that is pointed at elsewhere; null for none. */
  declare pointMs: number | null;
  declare cursorMs: number | null;
  declare pointed: { readonly atMs: number; readonly lane: Lane | null } | null;
  /** Called with the span that a person asked to see. */
  declare show: (span: TimeSpan) => void;
  /** Called with the range that a person selected; null when it was let go. */
  declare select: (selection: TimeSpan | null) => void;
  /** Called when a person wants to write a note at an instant or over a range. */
  declare annotate: (span: TimeSpan) => void;
  /** Called when the cursor was put at an instant. */
  declare point: (atMs: number) => void;
  /** Called with the dataset whose name was clicked. */
  declare choose: (dataset: string) => void;
  #width = 0;
  #drag: {
    readonly pointer: number;
    readonly startMs: number;
    readonly startX: number;
    moved: boolean;
  } | null = null;
  #anchorMs: number | null = null;
  #observer = new ResizeObserver((entries) => {
    const width = Math.floor(entries[0]?.contentRect.width ?? 0);
    if (width === this.#width || width === 0) return;
    this.#width = width;
    this.#draw();
  });

  constructor() {
    super();
    this.lanes = [];
    this.notes = [];
    this.selection = null;
    this.cursorMs = null;
    this.pointed = null;
    this.compact = false;
    this.pointMs = null;
  }

  override disconnectedCallback(): void {
    this.#observer.disconnect();
    super.disconnectedCallback();
  }

  override firstUpdated(): void {
    const area = this.#area();
    if (!area) return;
    this.#observer.observe(area);
    area.addEventListener("wheel", this.#onWheel, { passive: false });
  }

  override render(): unknown {
    const { span, selection } = this;
    const chosen = selection ?? span;
    const counted = (origin: Lane["origin"]) =>
      this.lanes.reduce((sum, lane) => sum + (lane.origin === origin ? countWithin(lane, chosen) : 0), 0);
    const records = counted("spoor");
    return html`
      <div class="timeline-tools">
        <div class="buttons" role="group" aria-label="Time shown">
          ${tool("Earlier", "\u2190", () => this.show(panSpan(span, -0.5, this.limits)))}
          ${tool("Zoom out", "\u2212", () => this.#zoom(2))} ${tool("Zoom in", "+", () => this.#zoom(0.5))}
          ${tool("Later", "\u2192", () => this.show(panSpan(span, 0.5, this.limits)))}
          <button type="button" class="button small" @click=${() => this.show(this.limits)}>Whole time</button>
          <button type="button" class="button small" ?disabled=${selection === null} @click=${this.#zoomToSelection}>
            Zoom to selection
          </button>
          <button type="button" class="button small" ?disabled=${selection === null} @click=${() => this.select(null)}>
            <span aria-hidden="true">Clear</span><span class="hidden">Clear selection</span>
          </button>
          <button
            type="button"
            class="button small"
            ?disabled=${selection === null && this.cursorMs === null}
            @click=${() => this.#annotateHere()}
          >
            <span aria-hidden="true">Note</span><span class="hidden">Add a note</span>
          </button>
        </div>
        <span class="muted timeline-count" role="status">
          ${formatPlural(counted("source"), "event")} ${selection === null ? "in view" : "selected"}${records === 0 ? nothing : `, ${formatPlural(records, "record")} of Spoor's own`}
        </span>
      </div>
      <div
        class="timeline-area"
        tabindex="0"
        role="application"
        aria-roledescription="timeline"
        aria-label=${this.#spoken()}
        aria-describedby="timeline-keys"
        aria-busy=${this.busy}
        @keydown=${this.#onKey}
        @pointerdown=${this.#onDown}
        @pointermove=${this.#onMove}
        @pointerup=${this.#onUp}
        @pointercancel=${this.#onCancel}
        @pointerleave=${this.#onLeave}
        @dblclick=${this.#onDouble}
      >
        <div class="timeline-plot"></div>
        <div class="timeline-selection" hidden></div>
        <div class="timeline-cursor" hidden></div>
        <div class="timeline-point" hidden></div>
      </div>
      <p class="timeline-readout muted" aria-live=${this.cursorMs === null ? "off" : "polite"}>${this.#readout()}</p>
      <p class="hidden" id="timeline-keys">
        Left and right move a cursor, with Shift they select a range. Comma and full stop go to the event before and after. Plus and minus zoom, Page up and Page down move, Home
        shows the whole time, Enter zooms to the selection, N writes a note, Escape lets the selection go.
      </p>
    `;
  }

  override updated(changed: PropertyValues): void {
    if (["lanes", "notes", "span", "compact"].some((name) => changed.has(name))) this.#draw();
    this.#place();
  }

  #spoken(): string {
    const lanes = this.lanes.map(({ dataset, count }) => `${dataset} ${formatCount(count)}`).join(", ");
    return `Events over time from ${formatLocal(this.span.fromMs)} until ${formatLocal(this.span.untilMs)}: ${lanes || "none"}. The table below has the same numbers.`;
  }

  #readout(): TemplateResult {
    const ms = this.cursorMs ?? this.pointed?.atMs ?? null;
    if (ms === null) {
      const { selection } = this;
      if (selection !== null) return html`Selected ${spanText(selection)}`;
      return html`Drag to select. Ctrl and the wheel zoom; so does the wheel once you have clicked. N writes a note.`;
    }
    const lane = this.pointed?.lane ?? null;
    const lanes = lane === null || this.cursorMs !== null ? this.lanes : [lane];
    const reach = (this.span.untilMs - this.span.fromMs) / 150;
    const here = lanes.flatMap((one) => {
      const count =
        one.timesMs === null
          ? (one.slices.find(({ fromMs, untilMs }) => ms >= fromMs && ms < untilMs)?.count ?? 0)
          : one.timesMs.filter((at) => Math.abs(at - ms) <= reach).length;
      return count === 0 ? [] : [`${one.dataset} ${formatCount(count)}`];
    });
    const near = this.notes.find((note) => {
      const at = instantMs(note.at);
      return at !== null && Math.abs(at - ms) < (this.span.untilMs - this.span.fromMs) / 100;
    });
    return html`<strong>${formatLocal(ms)}</strong> <span title=${formatUtc(ms)}>(${formatUtc(ms)})</span>
      ${here.length === 0 ? "nothing here" : here.join(" · ")} ${near ? html` · ⚑ ${near.author}: ${near.note}` : nothing}`;
  }

  #area(): HTMLElement | null {
    return this.querySelector<HTMLElement>(".timeline-area");
  }

  get #left(): number {
    return this.compact ? 88 : 108;
  }

  get #height(): number {
    return TOP + NOTE_HEIGHT + Math.max(1, this.lanes.length) * LANE_HEIGHT + AXIS_HEIGHT;
  }

  #x(ms: number): number {
    const width = this.#width - this.#left - RIGHT;
    return this.#left + ((ms - this.span.fromMs) / (this.span.untilMs - this.span.fromMs)) * width;
  }

  #msAt(event: { readonly clientX: number }): number {
    const box = this.#area()!.getBoundingClientRect();
    const width = this.#width - this.#left - RIGHT;
    const share = (event.clientX - box.left - this.#left) / width;
    return this.span.fromMs + Math.min(1, Math.max(0, share)) * (this.span.untilMs - this.span.fromMs);
  }

  #laneAt(event: PointerEvent): Lane | null {
    const box = this.#area()!.getBoundingClientRect();
    return this.lanes[Math.floor((event.clientY - box.top - TOP - NOTE_HEIGHT) / LANE_HEIGHT)] ?? null;
  }

  /** Puts selection and cursor where they belong; cheap enough for every move of the pointer. */
  #place(): void {
    const selection = this.querySelector<HTMLElement>(".timeline-selection");
    const cursor = this.querySelector<HTMLElement>(".timeline-cursor");
    if (!selection || !cursor || this.#width === 0) return;
    const height = this.#height - AXIS_HEIGHT;
    const right = this.#width - RIGHT;
    const clamp = (x: number) => Math.min(right, Math.max(this.#left, x));
    selection.hidden = this.selection === null;
    if (this.selection !== null) {
      const from = clamp(this.#x(this.selection.fromMs));
      const until = clamp(this.#x(this.selection.untilMs));
      selection.hidden =
        until <= from &&
        (this.selection.untilMs < this.span.fromMs || this.selection.fromMs > this.span.untilMs);
      selection.style.left = `${from}px`;
      selection.style.width = `${Math.max(1, until - from)}px`;
      selection.style.height = `${height}px`;
    }
    cursor.hidden = this.cursorMs === null;
    if (this.cursorMs !== null) {
      cursor.style.left = `${clamp(this.#x(this.cursorMs))}px`;
      cursor.style.height = `${height}px`;
    }
    const point = this.querySelector<HTMLElement>(".timeline-point");
    if (!point) return;
    const { pointMs, span } = this;
    point.hidden = pointMs === null || pointMs < span.fromMs || pointMs > span.untilMs;
    if (pointMs === null) return;
    point.style.left = `${clamp(this.#x(pointMs))}px`;
    point.style.height = `${height}px`;
  }

  #draw(): void {
    const holder = this.querySelector<HTMLElement>(".timeline-plot");
    if (!holder || this.#width === 0 || !this.span) return;
    const { span, lanes } = this;
    const spanMs = span.untilMs - span.fromMs;
    const inView = (ms: number) => ms >= span.fromMs && ms <= span.untilMs;
    const bars: Mark[] = [];
    const dots: {
      readonly at: Date;
      readonly lane: number;
      readonly symbol: string;
      readonly colour: string;
    }[] = [];
    const seen: { readonly at: Date; readonly lane: number; readonly label: string }[] = [];
    for (const [at, lane] of lanes.entries()) {
      const colour =
        lane.dataset === "detections"
          ? "var(--chart-2)"
          : lane.dataset === "alerts"
            ? "var(--bad)"
            : LANE_COLOURS[at % LANE_COLOURS.length]!;
      if (lane.timesMs !== null) {
        const symbol =
          lane.dataset === "detections" ? "triangle" : lane.dataset === "alerts" ? "diamond" : "circle";
        for (const ms of lane.timesMs)
          if (inView(ms)) dots.push({ at: new Date(ms), lane: at, symbol, colour });
      } else {
        const most = Math.max(...lane.slices.map(({ count }) => count));
        for (const slice of lane.slices) {
          if (slice.untilMs < span.fromMs || slice.fromMs > span.untilMs) continue;
          bars.push({
            at: new Date(Math.max(slice.fromMs, span.fromMs)),
            until: new Date(Math.min(slice.untilMs, span.untilMs)),
            lane: at,
            share: Math.sqrt(slice.count / most),
            colour,
          });
        }
      }
    }
    const firsts = lanes.filter(({ origin }) => origin === "source").flatMap(({ firstMs }) => firstMs ?? []);
    const lasts = lanes.filter(({ origin }) => origin === "source").flatMap(({ lastMs }) => lastMs ?? []);
    if (firsts.length > 0) seen.push({ at: new Date(Math.min(...firsts)), lane: 0, label: "first seen" });
    if (lasts.length > 0) seen.push({ at: new Date(Math.max(...lasts)), lane: 0, label: "last seen" });
    const notes = this.notes.flatMap((note) => {
      const atMs = instantMs(note.at);
      const untilMs = note.until === null ? atMs : instantMs(note.until);
      if (atMs === null || untilMs === null || untilMs < span.fromMs || atMs > span.untilMs) return [];
      return [
        {
          at: new Date(Math.max(atMs, span.fromMs)),
          until: new Date(Math.min(untilMs, span.untilMs)),
          ranged: untilMs > atMs,
          note,
        },
      ];
    });
    const apart = (this.#width - this.#left - RIGHT) / 240 > 3 ? 0.25 : 0;
    const bottom = (lane: number) => TOP + NOTE_HEIGHT + (lane + 1) * LANE_HEIGHT;
    const marksSeen = seen.filter(({ at }) => inView(at.getTime()));
    const drawn = plot({
      width: this.#width,
      height: this.#height,
      marginLeft: this.#left,
      marginRight: RIGHT,
      marginTop: 0,
      marginBottom: AXIS_HEIGHT,
      style: { background: "none", color: "var(--text)", fontSize: "11.5px", overflow: "visible" },
      x: { type: "time", domain: [new Date(span.fromMs), new Date(span.untilMs)] },
      y: { type: "linear", domain: [this.#height - AXIS_HEIGHT, 0], axis: null },
      color: { type: "identity" },
      symbol: { type: "identity" as never },
      marks: [
        ruleY(
          lanes.map((_, at) => bottom(at)),
          { stroke: "var(--chart-grid)" },
        ),
        text(
          lanes.map((lane, at) => ({ lane, at })),
          {
            y: ({ at }: { at: number }) => bottom(at) - LANE_HEIGHT / 2 - 5,
            text: ({ lane }: { lane: Lane }) => shortened(lane.dataset, this.compact ? 13 : 17),
            frameAnchor: "left",
            dx: -this.#left + 2,
            textAnchor: "start",
            fill: "var(--text)",
            title: ({ lane }: { lane: Lane }) => lane.dataset,
          },
        ),
        text(
          lanes.map((lane, at) => ({ lane, at })),
          {
            y: ({ at }: { at: number }) => bottom(at) - LANE_HEIGHT / 2 + 8,
            text: ({ lane }: { lane: Lane }) =>
              lane.failure === null ? formatCount(countWithin(lane, span)) : "no answer",
            frameAnchor: "left",
            dx: -this.#left + 2,
            textAnchor: "start",
            fill: "var(--text-muted)",
          },
        ),
        rect(
          notes.filter(({ ranged }) => ranged),
          {
            x1: "at",
            x2: "until",
            y1: 0,
            y2: this.#height - AXIS_HEIGHT,
            fill: "var(--warning)",
            fillOpacity: 0.1,
          },
        ),
        ruleX(
          notes.filter(({ ranged }) => !ranged),
          { x: "at", y1: 6, y2: this.#height - AXIS_HEIGHT, stroke: "var(--warning)", strokeOpacity: 0.6 },
        ),
        rect(bars, {
          x1: "at",
          x2: "until",
          y1: ({ lane }: Mark) => bottom(lane),
          y2: ({ lane, share }: Mark) => bottom(lane) - Math.max(2, share * (LANE_HEIGHT - 7)),
          fill: "colour",
          fillOpacity: 0.75,
          insetLeft: apart,
          insetRight: apart,
        }),
        dot(dots, {
          x: "at",
          y: ({ lane }: { lane: number }) => bottom(lane) - LANE_HEIGHT / 2,
          r: ({ symbol }: { symbol: string }) => (symbol === "circle" ? 3.5 : 5.5),
          symbol: "symbol",
          fill: "colour",
          fillOpacity: 0.6,
          stroke: "colour",
          strokeWidth: 0.75,
        }),
        ruleX(marksSeen, {
          x: "at",
          y1: TOP,
          y2: this.#height - AXIS_HEIGHT,
          stroke: "var(--text-muted)",
          strokeDasharray: "3,3",
        }),
        ...(["start", "end"] as const).map((textAnchor) =>
          text(
            marksSeen.filter(({ at }) => at.getTime() > span.fromMs + spanMs / 2 === (textAnchor === "end")),
            { x: "at", y: 9, text: "label", textAnchor, fill: "var(--text-muted)" },
          ),
        ),
        ...(["start", "end"] as const).map((textAnchor) =>
          text(
            notes.filter(({ at }) => at.getTime() > span.untilMs - spanMs * 0.02 === (textAnchor === "end")),
            {
              x: "at",
              y: TOP + 8,
              text: () => "\u2691",
              textAnchor,
              fontSize: 14,
              fill: "var(--warning)",
              title: ({ note }: { note: Annotation }) =>
                `${note.author}: ${note.note}\n${formatUtc(instantMs(note.at) ?? 0)}`,
            },
          ),
        ),
        axisX({
          label: null,
          ticks: Math.max(2, Math.floor(this.#width / 130)),
          tickFormat: (at: Date) => formatTick(at, undefined, spanMs),
        }),
      ],
    });
    drawn.setAttribute("aria-hidden", "true");
    holder.replaceChildren(drawn);
    this.#place();
  }

  #zoom(factor: number): void {
    const { selection, span } = this;
    const middle =
      this.cursorMs ??
      (selection === null ? (span.fromMs + span.untilMs) / 2 : (selection.fromMs + selection.untilMs) / 2);
    this.show(zoomSpan(span, factor, middle, this.limits));
  }

  #zoomToSelection = (): void => {
    const { selection } = this;
    if (selection === null) return;
    const middle = (selection.fromMs + selection.untilMs) / 2;
    const half = Math.max(selection.untilMs - selection.fromMs, 1000) / 2;
    this.cursorMs = null;
    this.select(null);
    this.show({ fromMs: middle - half, untilMs: middle + half });
  };

  #annotateHere(): void {
    if (this.selection !== null) this.annotate(this.selection);
    else if (this.cursorMs !== null) this.annotate({ fromMs: this.cursorMs, untilMs: this.cursorMs });
  }

  #onWheel = (event: WheelEvent): void => {
    const focused = document.activeElement === this.#area();
    if (!focused && !event.ctrlKey && !event.metaKey && !event.altKey) return;
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.show(panSpan(this.span, Math.sign(event.deltaX) * 0.05, this.limits));
      return;
    }
    const factor = Math.exp(Math.min(Math.max(event.deltaY, -120), 120) / 300);
    this.show(zoomSpan(this.span, factor, this.#msAt(event), this.limits));
  };

  #onDown = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.pointerType === "touch" && !event.isPrimary)) return;
    const startMs = this.#msAt(event);
    this.#drag = { pointer: event.pointerId, startMs, startX: event.clientX, moved: false };
    this.#area()?.setPointerCapture(event.pointerId);
  };

  #onMove = (event: PointerEvent): void => {
    const drag = this.#drag;
    if (drag && drag.pointer === event.pointerId) {
      if (Math.abs(event.clientX - drag.startX) > CLICK_PIXELS) drag.moved = true;
      if (drag.moved) {
        this.cursorMs = null;
        this.selection = spanBetween(drag.startMs, this.#msAt(event));
      }
      return;
    }
    this.pointed = { atMs: this.#msAt(event), lane: this.#laneAt(event) };
  };

  #onUp = (event: PointerEvent): void => {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || drag.pointer !== event.pointerId) return;
    if (drag.moved) {
      this.select(spanBetween(drag.startMs, this.#msAt(event)));
      return;
    }
    const lane = this.#laneAt(event);
    if (event.clientX - this.#area()!.getBoundingClientRect().left < this.#left) {
      if (lane !== null) this.choose?.(lane.dataset);
      return;
    }
    this.cursorMs = this.#msAt(event);
    this.#anchorMs = this.cursorMs;
    this.point?.(this.cursorMs);
  };

  #onCancel = (): void => {
    this.#drag = null;
  };

  #onLeave = (): void => {
    if (this.#drag === null) this.pointed = null;
  };

  #onDouble = (event: MouseEvent): void =>
    this.show(zoomSpan(this.span, 0.4, this.#msAt(event), this.limits));

  /** Puts the cursor on the next event, or the next slice with events, of any lane in view. */
  #toEvent(side: 1 | -1, fromMs: number): void {
    const { span } = this;
    const times = this.lanes
      .flatMap((lane) => lane.timesMs ?? lane.slices.map((slice) => (slice.fromMs + slice.untilMs) / 2))
      .filter((ms) => ms >= span.fromMs && ms <= span.untilMs && (side > 0 ? ms > fromMs : ms < fromMs));
    if (times.length === 0) return;
    this.cursorMs = times.reduce((one, other) =>
      Math.abs(other - fromMs) < Math.abs(one - fromMs) ? other : one,
    );
    this.#anchorMs = this.cursorMs;
    this.point?.(this.cursorMs);
  }

  #onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { span } = this;
    const step = (span.untilMs - span.fromMs) / 60;
    const at = this.cursorMs ?? (span.fromMs + span.untilMs) / 2;
    const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (side !== 0) {
      if (this.cursorMs === null || this.#anchorMs === null || !event.shiftKey) this.#anchorMs = at;
      const to = Math.min(span.untilMs, Math.max(span.fromMs, at + side * step));
      if (event.shiftKey) this.select(spanBetween(this.#anchorMs, to));
      this.cursorMs = to;
      if (!event.shiftKey) this.#anchorMs = to;
      this.point?.(to);
    } else if (event.key === "." || event.key === ",") this.#toEvent(event.key === "." ? 1 : -1, at);
    else if (event.key === "+" || event.key === "=") this.#zoom(0.5);
    else if (event.key === "-" || event.key === "_") this.#zoom(2);
    else if (event.key === "PageUp") this.show(panSpan(span, -0.5, this.limits));
    else if (event.key === "PageDown") this.show(panSpan(span, 0.5, this.limits));
    else if (event.key === "Home") this.show(this.limits);
    else if (event.key === "Enter") this.#zoomToSelection();
    else if (event.key.toLowerCase() === "n") this.#annotateHere();
    else if (event.key === "Escape" && (this.selection !== null || this.cursorMs !== null)) {
      this.cursorMs = null;
      this.select(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function shortened(name: string, longest: number): string {
  return name.length > longest ? `${name.slice(0, longest - 1)}\u2026` : name;
}

function spanText(span: TimeSpan): TemplateResult {
  return html`<span title=${`${formatUtc(span.fromMs)} to ${formatUtc(span.untilMs)}`}
    >${formatLocal(span.fromMs)} to ${formatLocal(span.untilMs)}</span
  >`;
}

function tool(label: string, sign: string, run: () => void): TemplateResult {
  return html`<button type="button" class="button small" aria-label=${label} title=${label} @click=${run}>${sign}</button>`;
}

customElements.define("spoor-entity-timeline", EntityTimeline);

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { nextTurn, scheduleProblem } from "../../../notebooks/hunt/schedule.ts";
import type {
  HeadlessRun,
  HuntRunDetail,
  HuntRunSummary,
  Job,
  LockSummary,
} from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { followJob } from "../../api/follow-job.ts";
import { badge } from "../../element/badge.ts";
import { renderFailure } from "../../element/failure.ts";
import { age } from "../../element/instant.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { formatDuration } from "../../format/instant.ts";
import { formatPlural } from "../../format/number.ts";
import type { HuntContext } from "./hunt-context.ts";
import { runDiffView } from "./run-diff.ts";

const PRESETS: readonly (readonly [string, string])[] = [
  ["0 * * * *", "every hour"],
  ["0 6 * * *", "every day at 06:00"],
  ["0 6 * * 1-5", "working days at 06:00"],
  ["0 6 * * 1", "Mondays at 06:00"],
];
const SHOWN = 6;

/** What a run's answer is against the one before. */
export function runBadge(run: HuntRunSummary): TemplateResult {
  if (run.state === "failed") return badge("failed", "bad");
  if (!run.complete) return badge("incomplete", "warning");
  if (run.changed === null) return badge("first answer", "accent");
  return run.changed ? badge("changed", "warning") : badge("same", "good");
}

/** When the hunt runs by itself, what its runs gave, and the lock that a re-run is held against. */
export class HuntRuns extends View {
  static override properties = {
    context: { attribute: false },
    runs: { state: true },
    opened: { state: true },
    lock: { state: true },
    locked: { state: true },
    job: { state: true },
    all: { state: true },
  };
  declare context: HuntContext;
  declare runs: readonly HuntRunSummary[];
  declare opened: HuntRunDetail | null;
  declare lock: LockSummary | null;
  declare locked: Omit<HeadlessRun, "html"> | null;
  declare job: Job | null;
  declare all: boolean;
  #working = new Working(this);

  constructor() {
    super();
    this.runs = [];
    this.opened = null;
    this.lock = null;
    this.locked = null;
    this.job = null;
    this.all = false;
  }

  protected override firstUpdated(_changed: PropertyValues): void {
    void this.#load();
  }

  override render(): unknown {
    return html`${this.#schedule()} ${this.#list()} ${this.#lockView()}
    ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}`;
  }

  #schedule(): TemplateResult {
    const { hunt, change } = this.context;
    const { schedule } = hunt;
    if (schedule === null) {
      return html`<div class="buttons">
        <label class="field inline"
          ><span>Runs by itself</span>
          <select
            @change=${(event: Event) => {
              const cron = (event.target as HTMLSelectElement).value;
              if (cron !== "") change({ ...hunt, schedule: { cron, zone: localZone(), paused: false } });
            }}
          >
            <option value="" selected>never</option>
            ${PRESETS.map(([cron, words]) => html`<option value=${cron}>${words}</option>`)}
          </select>
        </label>
      </div>`;
    }
    const problem = scheduleProblem(schedule);
    const next = nextTurn(schedule, Date.now());
    const put = (part: Partial<typeof schedule>) => change({ ...hunt, schedule: { ...schedule, ...part } });
    return html`<div class="hunt-parts">
        <label class="field"
          ><span>When (cron)</span>
          <input
            type="text"
            class="code"
            spellcheck="false"
            list="hunt-crons"
            .value=${schedule.cron}
            @change=${(event: Event) => put({ cron: (event.target as HTMLInputElement).value.trim() })}
          />
          <datalist id="hunt-crons">${PRESETS.map(([cron, words]) => html`<option value=${cron}>${words}</option>`)}</datalist>
        </label>
        <label class="field"
          ><span>Zone</span>
          <input
            type="text"
            spellcheck="false"
            .value=${schedule.zone}
            @change=${(event: Event) => put({ zone: (event.target as HTMLInputElement).value.trim() || "UTC" })}
          />
        </label>
      </div>
      ${
        problem === null
          ? html`<p class="muted">
              ${schedule.paused ? badge("paused", "neutral") : nothing}
              ${next === null ? "It does not run." : html`Next run ${age(new Date(next).toISOString())}.`}
            </p>`
          : html`<p class="need-problem" role="alert">${problem}</p>`
      }
      <div class="buttons">
        <button type="button" class="button small" @click=${() => put({ paused: !schedule.paused })}>
          ${schedule.paused ? "Resume" : "Pause"}
        </button>
        <button type="button" class="button small" @click=${() => change({ ...hunt, schedule: null })}>Take away</button>
      </div>`;
  }

  #list(): TemplateResult {
    const isBusy = this.#working.doing !== null;
    const shown = this.all ? this.runs : this.runs.slice(0, SHOWN);
    return html`<div class="buttons">
        <button type="button" class="button small" ?disabled=${isBusy} @click=${() => void this.#run()}>Run it now, recorded</button>
        ${
          this.job?.state === "running"
            ? html`<span class="muted" role="status">${this.job.message || "running…"}</span>
                <button type="button" class="button small" @click=${() => void client.cancelJob(this.job!.id)}>Cancel</button>`
            : nothing
        }
      </div>
      ${
        this.runs.length === 0
          ? html`<p class="muted">No recorded run yet. Each keeps its answer, and the next says which rows are new and gone.</p>`
          : html`<ul class="hunt-runs">
              ${shown.map((run) => this.#runLine(run))}
            </ul>`
      }
      ${
        this.runs.length > SHOWN && !this.all
          ? html`<button
              type="button"
              class="link"
              @click=${() => {
                this.all = true;
              }}
            >
              All ${this.runs.length} runs
            </button>`
          : nothing
      }`;
  }

  #runLine(run: HuntRunSummary): TemplateResult {
    const isOpen = this.opened?.id === run.id;
    return html`<li>
      <button type="button" class="run-line" aria-expanded=${isOpen} @click=${() => void this.#open(run)}>
        ${runBadge(run)} <span>${age(run.started)}</span>
        <span class="muted"
          >${run.trigger === "schedule" ? "by schedule" : `by ${run.by}`}${
            run.changed === true ? `, +${run.rowsAdded} −${run.rowsRemoved}` : ""
          }${run.missed > 0 ? `, ${formatPlural(run.missed, "run")} missed before it` : ""}</span
        >
      </button>
      ${isOpen ? this.#runDetail(this.opened!) : nothing}
    </li>`;
  }

  #runDetail(run: HuntRunDetail): TemplateResult {
    return html`<div class="run-detail">
      ${run.error ? html`<p class="need-problem">${run.error}</p>` : nothing}
      ${
        run.diff
          ? runDiffView(run.diff, this.context.show)
          : run.record
            ? html`<p class="muted">
                ${run.complete ? "There is no earlier answer to compare with." : "A cell gave no complete result, so it is not compared."}
              </p>`
            : nothing
      }
      <p class="muted" title=${`SHA-256 ${run.dataHash}`}>
        took ${formatDuration(run.elapsedMs)}${run.dataHash === "" ? "" : `, data ${run.dataHash.slice(0, 12)}`}
      </p>
    </div>`;
  }

  #lockView(): TemplateResult {
    const isBusy = this.#working.doing !== null;
    const { lock } = this;
    const gone = Object.entries(lock?.missingSegments ?? {});
    return html`<div class="hunt-lock">
      <h3>Lock</h3>
      ${
        lock === null
          ? html`<p class="muted">
              A lock keeps which data, engine and cells gave today's answer, in a file beside the notebook. A re-run then gives
              the same answer, or says what changed.
            </p>`
          : html`<p>
              Locked ${age(lock.at)} by ${lock.by}: ${formatPlural(lock.cells, "cell")},
              <span title=${`SHA-256 ${lock.dataHash}`}>data ${lock.dataHash.slice(0, 12)}</span>
            </p>
            ${
              lock.recorded.length > 0
                ? html`<p class="muted">It also reads ${lock.recorded.join(", ")}, which grow and cannot be locked.</p>`
                : nothing
            }
            ${gone.map(
              ([dataset, segments]) =>
                html`<p class="need-problem">${dataset}: ${formatPlural(segments.length, "locked file")} gone since (compacted or rewritten).</p>`,
            )}`
      }
      <div class="buttons">
        <button type="button" class="button small" ?disabled=${isBusy} @click=${() => void this.#makeLock()}>
          ${lock === null ? "Lock this answer" : "Lock anew"}
        </button>
        ${
          lock === null
            ? nothing
            : html`<button type="button" class="button small" ?disabled=${isBusy} @click=${() => void this.#runLocked("locked")}>
                  Re-run on the locked data
                </button>
                <button type="button" class="button small" ?disabled=${isBusy} @click=${() => void this.#runLocked("compare")}>
                  Compare with today
                </button>`
        }
      </div>
      ${this.locked ? this.#lockedView(this.locked) : nothing}
    </div>`;
  }

  #lockedView(run: Omit<HeadlessRun, "html">): TemplateResult {
    return html`<div class="run-detail" role="status">
      ${run.diff?.same ? badge(run.pinned && this.lock?.recorded.length === 0 ? "same answer, same data" : "same answer", "good") : badge("another answer", "warning")}
      ${run.diff ? runDiffView(run.diff, this.context.show) : nothing}
    </div>`;
  }

  async #load(): Promise<void> {
    const { name } = this.context;
    const [runs, lock] = await Promise.all([
      client.huntRuns(name).catch(() => []),
      client.huntLock(name).catch(() => null),
    ]);
    this.runs = runs;
    this.lock = lock;
  }

  async #open(run: HuntRunSummary): Promise<void> {
    if (this.opened?.id === run.id) {
      this.opened = null;
      return;
    }
    await this.#working.run("open", async (signal) => {
      this.opened = await client.huntRun(this.context.name, run.id, signal);
      if (run.changed === true && run.seen === null)
        await client.huntRunSeen(this.context.name, run.id, signal);
    });
  }

  async #follow(
    name: string,
    start: (signal: AbortSignal) => Promise<Job>,
    done: (result: unknown) => void,
  ): Promise<void> {
    await this.#working.run(name, async (signal) => {
      const job = await followJob(client, await start(signal), {
        signal,
        onProgress: (now) => {
          this.job = now;
        },
      });
      if (job.state === "succeeded") done(job.result);
    });
    this.job = null;
    await this.#load();
  }

  async #run(): Promise<void> {
    const { name } = this.context;
    await this.#follow(
      "run",
      (signal) => client.runHunt(name, signal),
      (result) => {
        this.opened = result as HuntRunDetail;
      },
    );
  }

  async #makeLock(): Promise<void> {
    this.locked = null;
    await this.#follow(
      "lock",
      (signal) => client.lockHunt(this.context.name, signal),
      () => undefined,
    );
  }

  async #runLocked(mode: "locked" | "compare"): Promise<void> {
    this.locked = null;
    await this.#follow(
      mode,
      (signal) => client.runLocked(this.context.name, mode, signal),
      (result) => {
        this.locked = result as Omit<HeadlessRun, "html">;
      },
    );
  }
}

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

customElements.define("spoor-hunt-runs", HuntRuns);

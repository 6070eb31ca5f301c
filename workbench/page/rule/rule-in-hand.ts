import type { ReactiveController, ReactiveControllerHost, TemplateResult } from "lit";
import type { Stage } from "../../../promote/records/records.ts";
import type { Job, RuleDetail, RuleFiles } from "../../../server/api/api.ts";
import { type ApiFailure, asFailure } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";
import { followJob } from "../../api/follow-job.ts";
import { Loading } from "../../element/loading.ts";
import { Working } from "../../element/working.ts";
import { leaveGuard } from "../../route/leave-guard.ts";

/** What a page asks of a rule that takes long; each is a job of the server. */
export type RuleJob = "backtest" | "prove" | "mutate" | "check-everything" | "run" | "backfill";

const SAVE_AFTER_MS = 500;

/**
 * One rule in a person's hands: its files as they are being edited, what the server holds, the job that runs for it.
 * Fields of forms save themselves half a second after a change; text that decides detections is saved when asked, and so
 * is everything of a rule that pages, since a half-written file would take it off duty.
 */
export class RuleInHand implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #name: () => string;
  readonly #loading: Loading<RuleDetail>;
  readonly working: Working;
  readonly saving: Working;
  #edited: RuleFiles | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #release: (() => void) | null = null;
  job: Job | null = null;
  /** What the job under way is called. */
  jobName: RuleJob | null = null;
  /** Why the files were saved at another stage than they ask for. */
  held: ApiFailure | null = null;
  savedMs: number | null = null;

  constructor(
    host: ReactiveControllerHost,
    name: () => string,
    options: { readonly refreshMs?: number } = {},
  ) {
    this.#host = host;
    this.#name = name;
    this.#loading = new Loading(host, (signal) => client.rule(this.#name(), signal), options);
    this.working = new Working(host);
    this.saving = new Working(host);
    host.addController(this);
  }

  hostConnected(): void {
    this.#release = leaveGuard.hold(() =>
      this.#edited === null ? null : `The rule ${this.#name()} has unsaved changes.`,
    );
  }

  hostDisconnected(): void {
    this.#release?.();
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    if (this.#edited !== null) void client.saveRule(this.#name(), this.#edited).catch(() => {});
  }

  get name(): string {
    return this.#name();
  }

  get rule(): RuleDetail | null {
    return this.#loading.value;
  }

  get files(): RuleFiles | null {
    return this.#edited ?? this.#loading.value?.files ?? null;
  }

  /** Whether something is typed that no save was asked for. */
  get waitsForSave(): boolean {
    return this.#edited !== null && this.#timer === null && this.saving.doing === null;
  }

  get isEdited(): boolean {
    return this.#edited !== null;
  }

  render(content: (rule: RuleDetail) => TemplateResult): TemplateResult {
    return this.#loading.render(content, 14);
  }

  load(): Promise<void> {
    return this.#loading.load();
  }

  take(rule: RuleDetail): void {
    this.#loading.set(rule);
  }

  /** Changes files in place. With `soon` they are saved by themselves unless the rule pages. */
  edit(change: Partial<RuleFiles>, soon: boolean): void {
    const base = this.files;
    if (base === null) return;
    this.#edited = { ...base, ...change };
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (soon && this.rule?.stage !== "paging") {
      this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
    }
    this.#host.requestUpdate();
  }

  discard(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#edited = null;
    this.saving.failure = null;
    this.#host.requestUpdate();
  }

  async save(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const files = this.#edited;
    if (files === null) return;
    if (this.saving.doing !== null) {
      this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
      return;
    }
    await this.saving.run("save", async (signal) => {
      this.held = null;
      try {
        this.take(await client.saveRule(this.name, files, signal));
      } catch (error) {
        const failure = asFailure(error);
        if (failure.status !== 409) throw error;
        // The files are saved; only the stage that rule.yaml asks for is held back.
        this.take(await client.rule(this.name, signal));
        this.held = failure;
      }
      this.savedMs = Date.now();
      if (this.#edited === files) this.#edited = null;
    });
  }

  /** Saves what is typed, runs the job to its end and reads the rule again; `done` gets the job's result. */
  async start(
    kind: RuleJob,
    begin: (name: string, signal: AbortSignal) => Promise<Job>,
    done: (result: unknown) => void = () => {},
  ): Promise<void> {
    await this.save();
    await this.working.run(kind, async (signal) => {
      try {
        this.jobName = kind;
        const job = await followJob(client, await begin(this.name, signal), {
          signal,
          onProgress: (seen) => {
            this.job = seen;
            this.#host.requestUpdate();
          },
        });
        if (job.state === "succeeded") done(job.result);
      } finally {
        this.job = null;
        this.jobName = null;
      }
      await this.load();
    });
  }

  stop = (): void => {
    if (this.job === null) this.working.stop();
    else void client.cancelJob(this.job.id);
  };

  /** One call that answers with the rule as it is then. */
  async ask(name: string, call: (signal: AbortSignal) => Promise<RuleDetail>): Promise<boolean> {
    await this.working.run(name, async (signal) => this.take(await call(signal)));
    return this.working.failure === null;
  }

  promote(stage: Stage, reason: string): Promise<boolean> {
    return this.ask(stage, (signal) => client.promoteRule(this.name, stage, reason, signal));
  }
}

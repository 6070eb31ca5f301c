import { html, nothing, type TemplateResult } from "lit";
import { View } from "../element/view.ts";

export interface Question {
  readonly title: string;
  readonly explanation: TemplateResult | string;
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: string;
    readonly pattern?: string;
    readonly hint?: string;
    readonly long?: boolean;
  }[];
  readonly confirm: string;
  /** Does what was asked for; what it throws is shown in the dialog, which then stays open. */
  readonly answer: (values: Readonly<Record<string, string>>) => Promise<void>;
}

/** A small dialog that asks for a few texts. */
export class QuestionDialog extends View {
  static override properties = {
    question: { state: true },
    failure: { state: true },
    working: { state: true },
  };

  declare question: Question | null;
  declare failure: string;
  declare working: boolean;

  constructor() {
    super();
    this.question = null;
    this.failure = "";
    this.working = false;
  }

  async ask(question: Question): Promise<void> {
    this.question = question;
    this.failure = "";
    await this.updateComplete;
    this.#dialog?.showModal();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  override render(): unknown {
    const { question } = this;
    if (!question) return nothing;
    return html`<dialog class="dialog" aria-labelledby="question-title" @close=${() => {
      this.question = null;
    }}>
      <form method="dialog" @submit=${this.#submit}>
        <h2 id="question-title">${question.title}</h2>
        <div class="question-explanation">${question.explanation}</div>
        ${question.fields.map(
          (field) =>
            html`<label class="field"
              ><span>${field.label}</span>
              ${
                field.long
                  ? html`<textarea name=${field.name} rows="3" .value=${field.value}></textarea>`
                  : html`<input type="text" name=${field.name} .value=${field.value} required pattern=${field.pattern ?? nothing} spellcheck="false" autocomplete="off" />`
              }
              ${field.hint ? html`<span class="hint">${field.hint}</span>` : nothing}</label
            >`,
        )}
        ${this.failure ? html`<p class="notice bad" role="alert">${this.failure}</p>` : nothing}
        <div class="buttons">
          <button type="submit" class="button primary" ?disabled=${this.working}>${question.confirm}</button>
          <button type="button" class="button" @click=${() => this.#dialog?.close()}>Cancel</button>
        </div>
      </form>
    </dialog>`;
  }

  #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const { question } = this;
    if (!question || this.working) return;
    const values = Object.fromEntries(
      [...new FormData(event.target as HTMLFormElement)].map(([name, value]) => [name, String(value).trim()]),
    );
    this.working = true;
    this.failure = "";
    try {
      await question.answer(values);
      this.#dialog?.close();
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    } finally {
      this.working = false;
    }
  };
}

customElements.define("spoor-question-dialog", QuestionDialog);

/** Pages that hold unsaved work answer here; the shell asks before it leaves. */
export class LeaveGuard {
  #question: (() => string | null) | null = null;

  /** `question` returns what would be lost, or null when nothing would. Returns the way to withdraw. */
  hold(question: () => string | null): () => void {
    this.#question = question;
    return () => {
      if (this.#question === question) this.#question = null;
    };
  }

  /** What would be lost by leaving now. */
  lost(): string | null {
    return this.#question?.() ?? null;
  }
}

export const leaveGuard = new LeaveGuard();

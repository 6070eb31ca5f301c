/**
 * Exit statuses: 0 done; 1 done, and the answer is no (a test failed, the gate refused, a check found something);
 * 2 wrong usage; 3 it could not be done.
 */
export const EXIT = { done: 0, no: 1, usage: 2, failed: 3 } as const;

/** The call's words are off, in a way that the option parser cannot see. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

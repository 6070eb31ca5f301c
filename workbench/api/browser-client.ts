import { SpoorClient } from "./client.ts";

/** The client of this origin, signed in by its session cookie. */
export const client = new SpoorClient();

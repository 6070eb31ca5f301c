import { type Browser, chromium } from "playwright-core";
import { findChromium } from "./bootstrap/chromium.js";

/** Path of the Chromium that the browser tests drive, or null. */
export const chromiumPath: string | null = findChromium();

/** What a browser test's `skip` says where no Chromium can be had. */
export const withoutChromium: string | false = chromiumPath === null ? "no Chromium could be had" : false;

/** A headless Chromium that asks nothing of the network by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

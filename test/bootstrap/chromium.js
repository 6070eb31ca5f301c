// Finds a Chromium for the browser tests, or brings one: PATH, then Playwright's own, then Debian's package.
// Plain JavaScript without dependencies, since it must start on the Node that the machine has.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const record = join(root, ".cache", "chromium-path");

function onPath() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]) {
      if (folder && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

function playwrightOwn() {
  const folder = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), ".cache", "ms-playwright");
  if (!existsSync(folder)) return null;
  for (const version of readdirSync(folder)
    .filter((name) => name.startsWith("chromium"))
    .sort()
    .reverse()) {
    for (const inner of [
      "chrome-linux64/chrome",
      "chrome-linux/chrome",
      "chrome-linux/headless_shell",
      "chrome-headless-shell-linux64/chrome-headless-shell",
      "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
      "chrome-win/chrome.exe",
    ]) {
      if (existsSync(join(folder, version, inner))) return join(folder, version, inner);
    }
  }
  return null;
}

function run(command, args, timeoutMs) {
  return (
    spawnSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"], timeout: timeoutMs })
      .status === 0
  );
}

/** Path of a Chromium that can be started, or null. */
export function findChromium() {
  if (process.env.SPOOR_CHROMIUM && existsSync(process.env.SPOOR_CHROMIUM)) return process.env.SPOOR_CHROMIUM;
  if (existsSync(record)) {
    const known = readFileSync(record, "utf8").trim();
    if (existsSync(known)) return known;
  }
  return onPath() ?? playwrightOwn();
}

/** Finds or installs one and remembers where it is. Returns null, with a line that says so, when none can be had. */
export function ensureChromium() {
  let path = findChromium();
  if (!path) {
    console.error("No Chromium found; trying Playwright's own ...");
    run(
      process.execPath,
      [join(root, "node_modules", "playwright-core", "cli.js"), "install", "chromium"],
      240_000,
    );
    path = playwrightOwn();
  }
  if (!path && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.error("Installing Debian's chromium package ...");
    process.env.DEBIAN_FRONTEND = "noninteractive";
    if (!run("apt-get", ["install", "-y", "-qq", "chromium"], 400_000)) {
      run("apt-get", ["update", "-qq"], 200_000);
      run("apt-get", ["install", "-y", "-qq", "chromium"], 400_000);
    }
    path = onPath();
  }
  if (!path) {
    console.error(
      "No Chromium could be had: the browser tests will be skipped by name. Set SPOOR_CHROMIUM to one.",
    );
    return null;
  }
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, path);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureChromium();

import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { frameBuildOptions } from "./frame/bundle-frame.ts";

export interface WorkbenchBuild {
  /** Receives `index.html`, `assets/app.js`, `assets/app.css`, `assets/frame.js` and `frame/index.html`. Made when missing. */
  readonly outDirectory: string;
  readonly minify: boolean;
  /** Default false: a build is served, not debugged. */
  readonly sourceMaps?: boolean;
}

const WORKBENCH = fileURLToPath(new URL(".", import.meta.url));

/**
 * Bundles the browser app with esbuild. Names are stable, so the server decides how long they are cached.
 * Throws esbuild's `BuildFailure`, with file and line, when a source does not compile.
 */
export async function buildWorkbench({
  outDirectory,
  minify,
  sourceMaps = false,
}: WorkbenchBuild): Promise<void> {
  const assets = join(outDirectory, "assets");
  await mkdir(assets, { recursive: true });
  await mkdir(join(outDirectory, "frame"), { recursive: true });
  await Promise.all([
    build({ ...frameBuildOptions(minify), outdir: assets, sourcemap: sourceMaps }),
    build({
      entryPoints: [
        { in: join(WORKBENCH, "main.ts"), out: "app" },
        { in: join(WORKBENCH, "style", "app.css"), out: "app" },
      ],
      outdir: assets,
      bundle: true,
      format: "esm",
      platform: "browser",
      target: ["chrome123", "firefox121", "safari17.5"],
      minify,
      sourcemap: sourceMaps,
      legalComments: "none",
      logLevel: "silent",
      define: { "process.env.NODE_ENV": '"production"' },
      conditions: minify ? ["browser", "production"] : ["browser"],
    }),
    copyFile(join(WORKBENCH, "index.html"), join(outDirectory, "index.html")),
    copyFile(join(WORKBENCH, "frame", "index.html"), join(outDirectory, "frame", "index.html")),
  ]);
}

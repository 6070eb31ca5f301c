import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";

/** Notebook Kit's default library loads from a CDN; the frame brings its own, so those files are left out. */
const withoutRemoteLibraries: Plugin = {
  name: "without-remote-libraries",
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/(recommendedLibraries|sampleDatasets)\.js$/ }, (found) =>
      found.importer.includes("notebook-kit") ? { path: found.path, namespace: "left-out" } : null,
    );
    bundle.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export {};", loader: "js" }));
  },
};

/** How esbuild makes `frame.js`: one classic script (a sandboxed page has no origin to load modules from), no style file. */
export function frameBuildOptions(minify: boolean): BuildOptions {
  return {
    entryPoints: [{ in: fileURLToPath(new URL("frame.ts", import.meta.url)), out: "frame" }],
    bundle: true,
    format: "iife",
    platform: "browser",
    target: ["chrome123", "firefox121", "safari17.5"],
    loader: { ".css": "text" },
    minify,
    legalComments: "none",
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"' },
    conditions: ["browser"],
    plugins: [withoutRemoteLibraries],
  };
}

/** The text of `frame.js`, for a report that must open without a server. Throws esbuild's BuildFailure. */
export async function bundleFrame(options: { readonly minify: boolean }): Promise<string> {
  const result = await build({ ...frameBuildOptions(options.minify), outdir: "frame", write: false });
  return result.outputFiles![0]!.text;
}

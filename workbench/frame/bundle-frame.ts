// biome-ignore-all lint/suspicious/noTemplateCurlyInString: parts of htl's own text
import { readFileSync } from "node:fs";
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

/**
 * htl writes `onclick=::3` into the markup and puts the function in its place a moment later. The frame's policy reports
 * each such attribute as an inline handler, so it goes by another name for that moment. Throws when htl has changed.
 */
const withoutInlineHandlers: Plugin = {
  name: "without-inline-handlers",
  setup(bundle) {
    const rename = (filter: RegExp, names: readonly (readonly [string, string])[]) =>
      bundle.onLoad({ filter }, ({ path }) => {
        let contents = readFileSync(path, "utf8");
        for (const [from, to] of names) {
          if (contents.split(from).length !== 2)
            throw new Error(`htl has changed: it has not one “${from}”.`);
          contents = contents.replace(from, () => to);
        }
        return { contents, loader: "js" };
      });
    rename(/[\\/]htl[\\/]dist[\\/]index\.js$/, [
      ["string += `::${j}`;", held("strings[j]", "string += `::${j}`;")],
      ["element[name] = value;", 'element[name.replace(/^held-on/, "on")] = value;'],
    ]);
    // Inputs bring an older one.
    rename(/[\\/]htl[\\/]src[\\/]index\.js$/, [
      ['string += "::" + j;', held("strings[j - 1]", 'string += "::" + j;')],
      ["node[name] = value;", 'node[name.replace(/^held-on/, "on")] = value;'],
    ]);
  },
};

/** The lines that put the handler's other name where its name stands. */
function held(text: string, line: string): string {
  return `const start = string.length + attributeNameStart - ${text}.length;
     string = /^on/i.test(name) ? string.slice(0, start) + "held-" + string.slice(start) : string;
     ${line}`;
}

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
    plugins: [withoutRemoteLibraries, withoutInlineHandlers],
  };
}

/** The text of `frame.js`, for a report that must open without a server. Throws esbuild's BuildFailure. */
export async function bundleFrame(options: { readonly minify: boolean }): Promise<string> {
  const result = await build({ ...frameBuildOptions(options.minify), outdir: "frame", write: false });
  return result.outputFiles![0]!.text;
}

/** Runs every `*.bench.ts` beside it and prints its figures; a ratio compares with the baseline of the same run. */
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { textTable } from "../../server/cli/output.ts";

interface BenchResult {
  readonly name: string;
  readonly rows: readonly {
    readonly label: string;
    readonly value: number;
    readonly unit: string;
    readonly ratio: number | null;
  }[];
}

const wanted = process.argv.slice(2);
const files = globSync(join(import.meta.dirname, "*.bench.ts")).sort();
let count = 0;
for (const file of files) {
  const name = basename(file, ".bench.ts");
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  count += 1;
  const { bench } = (await import(file)) as { bench: () => Promise<BenchResult | readonly BenchResult[]> };
  const result = await bench();
  for (const part of Array.isArray(result) ? (result as readonly BenchResult[]) : [result as BenchResult]) {
    console.log(`\n${part.name}`);
    console.log(
      textTable(
        ["what", "value", "unit", "times the baseline"],
        part.rows.map((row) => [
          row.label,
          row.value.toPrecision(4),
          row.unit,
          row.ratio === null ? "" : row.ratio.toFixed(2),
        ]),
      ),
    );
  }
}
if (count === 0) {
  console.error(
    `No benchmark is named ${wanted.join(", ")}; there are ${files.map((file) => basename(file, ".bench.ts")).join(", ")}.`,
  );
  process.exit(2);
}
process.exit(0);

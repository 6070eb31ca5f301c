import assert from "node:assert/strict";
import { test } from "node:test";
import { machineShares } from "../../../server/result/machine-shares.ts";

const GIBIBYTE = 1024 ** 3;

test("the engines together take half of the memory, and hunts leave a core", () => {
  for (const [gibibytes, cores] of [
    [4, 1],
    [24, 2],
    [256, 32],
  ] as const) {
    const { rules, hunts, results, huntsAtOnce } = machineShares(gibibytes * GIBIBYTE, cores);
    const mebibytes = [rules, hunts, results].map(({ memoryLimit }) =>
      Number(/^(\d+)MiB$/.exec(memoryLimit)![1]),
    );
    const together = mebibytes.reduce((sum, one) => sum + one, 0);
    assert.ok(together <= gibibytes * 512 && together > gibibytes * 512 - 3, String(together));
    assert.equal(hunts.threads, Math.max(1, cores - 1));
    assert.ok(huntsAtOnce >= Math.max(4, cores));
  }
  assert.equal(machineShares(GIBIBYTE / 2, 1).rules.memoryLimit, "512MiB");
});

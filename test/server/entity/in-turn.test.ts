import assert from "node:assert/strict";
import { test } from "node:test";
import { asTheyCome } from "../../../server/entity/in-turn.ts";

function controlled() {
  const waiting = new Map<number, { resolve: (value: number) => void; reject: (error: Error) => void }>();
  const begun: number[] = [];
  const work = (item: number) => {
    begun.push(item);
    return new Promise<number>((resolve, reject) => waiting.set(item, { resolve, reject }));
  };
  return { waiting, begun, work };
}

test("results come as they are ready, and no more than the width is under way", async () => {
  const { waiting, begun, work } = controlled();
  const results = asTheyCome([1, 2, 3, 4], 2, work);
  const first = results.next();
  await Promise.resolve();
  assert.deepEqual(begun, [1, 2]);
  waiting.get(2)!.resolve(20);
  assert.equal((await first).value, 20);
  assert.deepEqual(begun, [1, 2, 3]);
  waiting.get(3)!.resolve(30);
  assert.equal((await results.next()).value, 30);
  waiting.get(1)!.resolve(10);
  assert.equal((await results.next()).value, 10);
  waiting.get(4)!.resolve(40);
  assert.equal((await results.next()).value, 40);
  assert.ok((await results.next()).done);
});

test("a failure ends it and begins nothing more", async () => {
  const { waiting, begun, work } = controlled();
  const results = asTheyCome([1, 2, 3], 2, work);
  const first = results.next();
  await Promise.resolve();
  waiting.get(1)!.reject(new Error("no"));
  await assert.rejects(first, /no/);
  waiting.get(2)!.reject(new Error("later, and heard by nobody"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(begun, [1, 2]);
});

test("nothing to do is nothing", async () => {
  const seen: number[] = [];
  for await (const value of asTheyCome<number, number>([], 3, async (item) => item)) seen.push(value);
  assert.deepEqual(seen, []);
});

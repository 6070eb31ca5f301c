import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  AddressLookup,
  parseAddress,
  parseCidr,
  specialRange,
} from "../../../../workbench/frame/chart/address-lookup.ts";

test("addresses are read in the ways people write them", () => {
  assert.deepEqual(parseAddress("10.0.0.1"), { version: 4, number: 167_772_161 });
  assert.deepEqual(parseAddress("::ffff:10.0.0.1"), parseAddress("10.0.0.1"));
  assert.deepEqual(parseAddress("[2001:DB8::1]"), {
    version: 6,
    number: 0x2001_0db8_0000_0000_0000_0000_0000_0001n,
  });
  assert.deepEqual(parseAddress("fe80::1%eth0"), {
    version: 6,
    number: 0xfe80_0000_0000_0000_0000_0000_0000_0001n,
  });
  assert.deepEqual(parseAddress("::"), { version: 6, number: 0n });
  for (const text of [
    "",
    "10.0.0",
    "10.0.0.256",
    "1.2.3.4.5",
    "::1::2",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "g::1",
    "host",
  ])
    assert.equal(parseAddress(text), null, text);
});

test("special ranges", () => {
  const word = (text: string) => specialRange(parseAddress(text)!);
  assert.equal(word("10.2.3.4"), "private");
  assert.equal(word("172.31.255.255"), "private");
  assert.equal(word("172.32.0.0"), null);
  assert.equal(word("169.254.169.254"), "link-local");
  assert.equal(word("fd00::1"), "private");
  assert.equal(word("::1"), "loopback");
  assert.equal(word("8.8.8.8"), null);
  assert.equal(word("2606:2800::1"), null);
});

test("the longest prefix wins, and ranges by their ends count as well", () => {
  const lookup = new AddressLookup([
    { cidr: "8.0.0.0/9", owner: "wide" },
    { cidr: "8.8.8.0/24", owner: "narrow" },
    { from: "8.8.8.8", to: "8.8.8.9", owner: "two" },
    { start: 167_772_160, end: 167_772_415, owner: "numbers" },
    { CIDR: "2001:db8::/32", owner: "six" },
    { cidr: "nonsense", owner: "lost" },
  ]);
  const owner = (text: string) => lookup.find(parseAddress(text)!)?.owner ?? null;
  assert.deepEqual(
    ["8.8.8.8", "8.8.8.10", "8.1.1.1", "9.0.0.0", "10.0.0.7", "2001:db8:1::", "::1"].map(owner),
    ["two", "narrow", "wide", null, "numbers", "six", null],
  );
  assert.equal(lookup.unreadable, 1);
  assert.throws(() => new AddressLookup([{ net_name: "a" }]), /column cidr.*net_name/);
});

test("the lookup agrees with trying every range", () => {
  const prefix = fc.record({
    base: fc.integer({ min: 0, max: 255 }),
    bits: fc.integer({ min: 24, max: 32 }),
  });
  fc.assert(
    fc.property(
      fc.array(prefix, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 0, max: 255 }),
      (prefixes, last) => {
        const rows = prefixes.map(({ base, bits }, index) => ({ cidr: `203.0.113.${base}/${bits}`, index }));
        const address = parseAddress(`203.0.113.${last}`)!;
        let best: { row: unknown; bits: number } | null = null;
        rows.forEach((row, index) => {
          const { from, to } = parseCidr(row.cidr)!;
          if (from.number > address.number || to.number < address.number) return;
          if (best === null || prefixes[index]!.bits > best.bits) best = { row, bits: prefixes[index]!.bits };
        });
        assert.equal(new AddressLookup(rows).find(address), (best as { row: unknown } | null)?.row ?? null);
      },
    ),
  );
});

test("three hundred thousand ranges are ready in a few seconds, and found at once", () => {
  const rows = Array.from({ length: 300_000 }, (_row, index) => ({
    from: index * 4096,
    to: index * 4096 + 4095,
    index,
  }));
  const before = performance.now();
  const lookup = new AddressLookup(rows);
  for (let index = 0; index < 300_000; index += 1)
    assert.equal(lookup.find({ version: 4, number: index * 4096 + 17 })?.index, index);
  assert.ok(performance.now() - before < 8000);
});

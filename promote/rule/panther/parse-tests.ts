import { parseInstant } from "../../../connectors/time/instant.ts";
import type { Fields } from "../../../connectors/yaml/fields.ts";
import { shown } from "../../../connectors/yaml/yaml-tree.ts";
import type { PantherDetection, PantherMember, PantherTest } from "./correlation.ts";

/** Where minutes of a test are counted from. */
const ORIGIN_US = parseInstant("2026-01-01T00:00:00Z")!;
const MINUTE_US = 60_000_000n;

/** Reads `Tests`: rule outputs by match field and value, at minutes or at ISO times. */
export function readTests(fields: Fields, members: readonly PantherMember[]): PantherTest[] {
  return fields.list("Tests").map((test) => {
    const name = test.text("Name", "");
    if (!test.has("ExpectedResult"))
      test.wrong("ExpectedResult", "The test does not say what it expects.", "Write true or false.");
    const expected = test.boolean("ExpectedResult", false);
    const detections = test.list("RuleOutputs").flatMap((output, index): PantherDetection[] => {
      const member = output.text("ID", "");
      const known = members.find(({ id }) => id === member);
      if (known === undefined)
        output.wrong("ID", `The rule has no member ${shown(member)}.`, "Name one of its members.");
      else if (!output.has("Matches")) return plainMatches(known, index);
      const matches = output.map("Matches");
      const found = matches?.keys().flatMap((field) => readMatches(member, field, matches)) ?? [];
      output.finish();
      return found;
    });
    test.finish();
    return { name, expected, detections };
  });
}

function readMatches(member: string, field: string, matches: Fields): PantherDetection[] {
  const values = matches.map(field);
  if (values === null) return [];
  return values.keys().flatMap((value) =>
    values.scalarsOf(value).flatMap((time): PantherDetection[] => {
      const timeUs =
        typeof time === "number"
          ? ORIGIN_US + BigInt(Math.round(time)) * MINUTE_US
          : parseInstant(String(time));
      if (timeUs !== null) return [{ member, field, value, timeUs }];
      values.wrong(
        value,
        `${shown(String(time))} is neither minutes nor a time.`,
        "Write minutes or an ISO time.",
      );
      return [];
    }),
  );
}

/** An output without its matches: as many as the member takes, all for one value, a minute after the output before. */
function plainMatches(member: PantherMember, index: number): PantherDetection[] {
  const timeUs = ORIGIN_US + BigInt(index) * MINUTE_US;
  return Array.from({ length: member.minimumCount }, (_, at) => ({
    member: member.id,
    field: member.match ?? "",
    value: "same",
    timeUs: timeUs + BigInt(at) * 1000n,
  }));
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { summariseEvent } from "../../../notebooks/entity/summarise-event.ts";

test("known shapes are said in a sentence", () => {
  assert.equal(
    summariseEvent({
      Image: "C:\\Windows\\cmd.exe",
      ParentImage: "C:\\Windows\\explorer.exe",
      CommandLine: "cmd /c  whoami",
    }),
    "explorer.exe → cmd /c whoami",
  );
  assert.equal(summariseEvent({ CommandLine: "whoami" }), "whoami");
  assert.equal(
    summariseEvent({
      EventID: 4624,
      TargetUserName: "anna",
      LogonType: "3",
      IpAddress: "10.0.0.4",
      Hostname: "APP03",
    }),
    "anna logged on over the network from 10.0.0.4 on APP03",
  );
  assert.equal(
    summariseEvent({
      "id.orig_h": "10.0.0.4",
      "id.resp_h": "203.0.113.77",
      "id.resp_p": 443n,
      service: "ssl",
      orig_bytes: 1_500_000n,
      resp_bytes: 900,
    }),
    "10.0.0.4 → 203.0.113.77:443 ssl sent 1.5 MB, got 900 B",
  );
  assert.equal(
    summariseEvent({
      query: "lantern.example",
      qtype_name: "A",
      answers: ["10.0.0.1", "10.0.0.2", "a", "b"],
    }),
    "looked up lantern.example A → 10.0.0.1, 10.0.0.2, a and 1 more",
  );
  assert.equal(
    summariseEvent({
      eventName: "GetObject",
      eventSource: "s3.amazonaws.com",
      sourceIPAddress: "203.0.113.77",
      userIdentity: { userName: "up" },
      errorCode: "AccessDenied",
    }),
    "up called GetObject of s3 from 203.0.113.77 – AccessDenied",
  );
  assert.equal(
    summariseEvent({
      displayMessage: "User login",
      actor: { alternateId: "a@b.example" },
      outcome: { result: "FAILURE", reason: "INVALID" },
      client: { ipAddress: "1.2.3.4" },
    }),
    "a@b.example – User login – FAILURE INVALID from 1.2.3.4",
  );
});

test("an unknown shape is told by its telling fields, not by its ids and times", () => {
  assert.equal(
    summariseEvent({
      _time: "2026-01-01",
      event_id: "77",
      timestamp: "x",
      user: "anna",
      action: "open",
      nested: { file_path: "/etc/passwd" },
    }),
    "user anna · action open · file_path /etc/passwd",
  );
  assert.equal(summariseEvent({}), "an event without fields");
  assert.equal(summariseEvent({ id: "7" }), "id 7");
});

test("any row gives one line of at most 240 characters", () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 4, withBigInt: true, withNullPrototype: true }), (row) => {
      const line = summariseEvent(row as Record<string, unknown>);
      assert.ok(line.length > 0 && line.length <= 240 && !line.includes("\n"));
    }),
    { numRuns: 300 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { additionalResourceGaps, linkedAddresses } from "../../../promote/ads/additional-resources.ts";
import { type Ads, emptySections } from "../../../promote/ads/ads.ts";
import { blindSpotGaps, blindSpotsOf } from "../../../promote/ads/blind-spots.ts";
import { categorizationGaps, categorized } from "../../../promote/ads/categorization.ts";
import { falsePositiveGaps, falsePositivesOf } from "../../../promote/ads/false-positives.ts";
import { goalGaps, parseGoal } from "../../../promote/ads/goal.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { priorityGaps } from "../../../promote/ads/priority.ts";
import { renderAds } from "../../../promote/ads/render.ts";
import { responseGaps } from "../../../promote/ads/response.ts";
import { strategyGaps } from "../../../promote/ads/strategy.ts";
import { explainedFields, technicalContextGaps } from "../../../promote/ads/technical-context.ts";
import { validationGaps } from "../../../promote/ads/validation.ts";

/** Strategies in the shapes in which they are published: heads of one level, links, nested lists, tables, code, pictures. */
const SHAPES: Readonly<Record<string, string>> = {
  "heads of level one, a link with the tactic, steps as code": `# Goal
Detect when somebody joins a group that can do everything.

# Categorization
These attempts are categorized as [Persistence / Account Manipulation](https://attack.mitre.org/wiki/Technique/T1098).

# Strategy Abstract
The strategy works as follows:

* Record changes of groups on domain controllers.
* Compare the group with the list of privileged ones.
* Raise an alert on any match.

# Technical Context
Windows writes events when a member comes to a group:

|Event ID|What it says|
|--------|------------|
|4728|A member came to a global group.|
|4732|A member came to a local group.|

# Blind Spots and Assumptions
This strategy relies on the following assumptions:
* Auditing is on for every controller.
* The forwarder sends what was written.
* The list of groups is up to date.

A blind spot will occur if any of them is violated. For instance, these would not be seen:
* An attacker who holds a privilege without the group.

# False Positives
There are several instances where false positives will occur:
* Planned changes by administrators.
* New administrators.

# Priority
The priority is set to high under all conditions.

# Validation
Validation can occur by performing the following execution on a controller:
\`\`\`
net group "Domain Admins" /add example
# and back
\`\`\`

# Response
In the event that this alert fires, the following steps are recommended:
* Find the change ticket.
  * If there is none, call who made the change.

# Additional Resources
* [Events to watch](https://learn.example.org/events)
* [Protected groups](http://docs.example.org/protected_(groups))
`,
  "heads of level two under a title, numbered lists, pictures": `# A new kernel module on a workstation

## Goal
Find a module that was loaded and that nobody shipped.

## Categorization
* Defense Evasion / Rootkit - T1014
* Persistence / T1547.006

## Strategy Abstract
1. Read module loads.
2. Look up the signer.
   1. Apple's own are left out.
   2. Signers that we know are left out.
3. Alert.

## Technical Context
### What a module is
Code in the kernel. ![how it is loaded](https://img.example.org/load.png)

### Fields
- \`signer\`: Who signed the module, by the name in the certificate.
- \`path\` - Where the file of the module lies.

## Blind Spots and Assumptions
1. The agent runs.
   - It may be stopped by root.
2. Signatures cannot be forged.

## False Positives
1. A driver that a team installs itself.

## Validation
\`\`\`sh
sudo kextload /tmp/test.kext
\`\`\`

## Priority
**Medium**, unless the machine belongs to an executive.

## Response
1. Take the module's hash.
2. Ask the owner.

## Additional Resources
<https://developer.example.org/kext>
`,
  "bold instead of lists, mixed case, closing colons": `# goal:
Notice a shell that was planted for the login screen.
# ATT&CK Categorization
**Tactic:** Persistence, **Technique:** T1546.008
# Strategy
We compare programs' hashes with the shell's.
# Technical context
Tools for people with disabilities start before anybody signs in.
# Blindspots and assumptions
**Assumption:** file hashes are recorded.
# False positives
None known.
# Validation
Copy cmd.exe over sethc.exe and press shift five times.
# Priority
High
# Response
Isolate the machine.
# References
None yet.
`,
};

function parsed(markdown: string): Ads {
  const result = parseAds(markdown, "ADS.md");
  assert.ok(result.ok);
  assert.deepEqual(result.issues, []);
  return result.value;
}

for (const [shape, markdown] of Object.entries(SHAPES)) {
  test(`${shape}: all ten sections are read and kept, and each says what it lacks`, () => {
    const ads = parsed(markdown);
    assert.deepEqual(
      emptySections(ads).filter((name) => name !== "additionalResources"),
      [],
    );
    assert.deepEqual(ads.appendices, []);
    assert.deepEqual(parsed(renderAds(ads)), ads);
    const { sections } = ads;
    assert.equal(goalGaps(parseGoal(sections.goal)).length, 3);
    assert.deepEqual(categorizationGaps(sections.categorization, []), []);
    assert.equal(
      strategyGaps(sections.strategyAbstract, { version: "v", run: { mode: "stream", sliceMs: 1 } }).length,
      1,
    );
    assert.ok(technicalContextGaps(sections.technicalContext, ["host"]).length === 1);
    assert.ok(blindSpotGaps(sections.blindSpots, ["it"]).length > 0);
    assert.ok(falsePositiveGaps(sections.falsePositives).length > 0);
    assert.deepEqual(validationGaps(sections.validation), []);
    assert.equal(priorityGaps(sections.priority, null).length, 1);
    assert.equal(responseGaps(sections.response, null, "it").length, 1);
  });
}

test("what is typed in published shapes is found in them", () => {
  const [first, second, third] = Object.values(SHAPES).map(parsed) as [Ads, Ads, Ads];
  assert.deepEqual(categorized(first.sections.categorization), [
    { tactic: "Persistence", technique: "T1098" },
  ]);
  assert.deepEqual(categorized(second.sections.categorization), [
    { tactic: "Defense Evasion", technique: "T1014" },
    { tactic: "Persistence", technique: "T1547.006" },
  ]);
  assert.deepEqual(categorized(third.sections.categorization), [
    { tactic: "Persistence", technique: "T1546.008" },
  ]);
  assert.equal(
    explainedFields(first.sections.technicalContext).get("4732"),
    "A member came to a local group.",
  );
  assert.equal(
    explainedFields(second.sections.technicalContext).get("path"),
    "Where the file of the module lies.",
  );
  assert.deepEqual(
    blindSpotsOf(first.sections.blindSpots).map(({ statement }) => statement),
    [
      "Auditing is on for every controller.",
      "The forwarder sends what was written.",
      "The list of groups is up to date.",
      "An attacker who holds a privilege without the group.",
    ],
  );
  assert.equal(blindSpotsOf(second.sections.blindSpots)[0]!.note, "- It may be stopped by root.");
  assert.equal(falsePositivesOf(first.sections.falsePositives).length, 2);
  assert.deepEqual(linkedAddresses(first.sections.additionalResources), [
    "https://learn.example.org/events",
    "http://docs.example.org/protected_(groups)",
  ]);
  assert.deepEqual(additionalResourceGaps(second.sections.additionalResources), []);
  assert.equal(additionalResourceGaps(third.sections.additionalResources).length, 1);
});

test("only addresses that may be followed are links", () => {
  const bad = [
    "[x](javascript:alert(1))",
    "[x](data:text/html,hi)",
    "<file:///etc/passwd>",
    "[x](https://)",
    "[x](//evil.example)",
    "[x](https://user:secret@example.org/)",
    "[x](mailto:)",
    "[x](docs/page.html)",
    "[x]()",
    "[x]: vbscript:x",
    "see ftp://example.org/a",
  ];
  for (const body of bad) assert.equal(additionalResourceGaps(body).length, 1, body);
  for (const body of [
    "https://example.org/a?b=c#d.",
    "[x](http://10.0.0.1:8080/a)",
    "[x](/notebooks/a)",
    "[x](mailto:kim@example.org)",
  ])
    assert.deepEqual(additionalResourceGaps(body), [], body);
});

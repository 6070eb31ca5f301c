/** The ten sections of an Alerting and Detection Strategy, with what each should answer. */
export const ADS_SECTIONS = [
  { title: "Goal", hint: "What behaviour this detects, in a sentence or two." },
  { title: "Categorization", hint: "ATT&CK tactic and technique." },
  {
    title: "Strategy Abstract",
    hint: "How it works, without the query: what is watched and what stands out.",
  },
  {
    title: "Technical Context",
    hint: "What a person who gets the alert must know about the systems and the technique.",
  },
  { title: "Blind Spots and Assumptions", hint: "When it would not fire although it should." },
  { title: "False Positives", hint: "What looks the same and is allowed. The owner reads this." },
  { title: "Validation", hint: "How to make it fire, step by step." },
  { title: "Priority", hint: "What makes it low, medium, high or critical." },
  { title: "Response", hint: "What to do about a true one." },
  { title: "Additional Resources", hint: "Reports, tickets, write-ups." },
] as const;

export interface AdsText {
  /** Everything before the first known section. */
  readonly preamble: string;
  /** Texts in the order of `ADS_SECTIONS`; null where the document lacks the section. */
  readonly sections: readonly (string | null)[];
}

/** `Strategy Abstract` -> `strategy-abstract`, as in issues' places. */
export function adsSlug(title: string): string {
  return title.toLowerCase().replace(/[^a-z]+/g, "-");
}

/** Splits ADS.md by its second-level headings; a section that is none of the ten stays with the one before it. */
export function splitAds(markdown: string): AdsText {
  const sections: (string[] | null)[] = ADS_SECTIONS.map(() => null);
  const preamble: string[] = [];
  let current = preamble;
  let fenced = false;
  for (const line of markdown.split("\n")) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const heading: RegExpExecArray | null = fenced ? null : /^##\s+(.+?)\s*#*\s*$/.exec(line);
    const slug: string = heading ? adsSlug(heading[1]!) : "";
    const index: number = heading ? ADS_SECTIONS.findIndex(({ title }) => adsSlug(title) === slug) : -1;
    if (index >= 0 && sections[index] === null) {
      current = [];
      sections[index] = current;
    } else current.push(line);
  }
  return {
    preamble: preamble.join("\n").trim(),
    sections: sections.map((lines) => (lines === null ? null : lines.join("\n").trim())),
  };
}

/** Writes the sections back in their order; `splitAds` reads them again as they were. */
export function joinAds({ preamble, sections }: AdsText): string {
  const parts = preamble === "" ? [] : [preamble];
  sections.forEach((text, index) => {
    if (text === null) return;
    parts.push(`## ${ADS_SECTIONS[index]!.title}${text.trim() === "" ? "" : `\n\n${text.trim()}`}`);
  });
  return `${parts.join("\n\n")}\n`;
}

/** The questions that people are asked, in plain words, and what may help to answer them. Browser-safe. */
import type { ElicitedInput, InputKind } from "./elicited-input.ts";

export interface Question {
  readonly text: string;
  /** Says what is and what is not counted. */
  readonly means: string;
  readonly lowLabel: string;
  readonly highLabel: string;
  readonly unit: string;
  /** Reasons that people forgot before: read them before answering. */
  readonly doubts: readonly string[];
}

/** What other firms saw, with its source: secondary figures, labelled as such. */
export interface ReferenceClass {
  readonly figure: string;
  readonly source: string;
}

export function questionOf(input: ElicitedInput): Question {
  const { about } = input;
  switch (input.kind) {
    case "frequency":
      return {
        text: `How many times a year does an attack of this kind start against us: ${about}?`,
        means:
          "Count attacks that begin in earnest, also those that we stop. 0.1 is once in ten years, 4 is every three months.",
        lowLabel: "Hardly fewer than",
        highLabel: "Hardly more than",
        unit: "attacks a year",
        doubts: [
          "Attacks that nobody noticed count too: how many would we not have seen?",
          "Has the company changed (people, products, money, a merger) since the years you remember?",
          "Which firms like ours had it last year, out of how many?",
        ],
      };
    case "severity":
      return {
        text: `If nobody of ours stops it, what does one such event cost us: ${about}?`,
        means:
          "Everything until it is over: lost business, people's hours, outside help, penalties. Not the cost of our own security team.",
        lowLabel: "Hardly less than",
        highLabel: "Hardly more than",
        unit: "dollars",
        doubts: [
          "The worst case you can tell as a story: what would it cost, line by line?",
          "The mild case: what would we still have to pay?",
          "Insurance, contracts and regulators: who else may ask for money?",
        ],
      };
    case "coverage":
      return {
        text: `Of 100 such attacks, in how many would the evidence be in this source: ${about}?`,
        means: "The data are there and can be searched; whether a rule would fire is another question.",
        lowLabel: "Hardly fewer than",
        highLabel: "Hardly more than",
        unit: "%",
        doubts: [
          "Machines and accounts that nobody listed, contractors, labs, the office abroad.",
          "Hours when the source was silent or its clock was wrong.",
          "An attacker who knows the gap and starts there.",
        ],
      };
    case "cost":
      return {
        text: `What does this source cost us in a year, all in all: ${about}?`,
        means:
          "Ingest, storage, licences and agents, and the hours of the people who keep it going. Not the time spent on its alerts.",
        lowLabel: "Hardly less than",
        highLabel: "Hardly more than",
        unit: "dollars a year",
        doubts: [
          "Volumes grow: what will it hold at the end of the year?",
          "Who mends it when it breaks, and what do they not do meanwhile?",
          "Is the price a first year's price?",
        ],
      };
    case "alerts":
      return {
        text: `How many alerts does this rule send a person in a year: ${about}?`,
        means: "Alerts that somebody has to open, true and false ones, after automation has done its part.",
        lowLabel: "Hardly fewer than",
        highLabel: "Hardly more than",
        unit: "alerts a year",
        doubts: [
          "One bad week can bring more than the rest of the year: a new tool, a migration, a broken script.",
          "Does the backtest hold a quarter's end, a release, a holiday?",
          "Who will tune it, and how soon?",
        ],
      };
    case "p":
      return {
        text: `Of 100 times that an attacker does this in front of its data, how often does it fire: ${about}?`,
        means:
          "The technique is done and its events are there. Any variant that an attacker might choose, not only the one you tested.",
        lowLabel: "Hardly fewer than",
        highLabel: "Hardly more than",
        unit: "%",
        doubts: [
          "Which other tool or option does the same and is not matched?",
          "Half of all failures of rules are in the collection, not in the logic.",
          "Tests are done by people who want it to fire.",
        ],
      };
    case "h":
      return {
        text: `Of 100 true alerts of this rule, on how many does a person act in time: ${about}?`,
        means:
          "Somebody looks, understands and starts to contain it. An alert that is closed unread does not count.",
        lowLabel: "Hardly fewer than",
        highLabel: "Hardly more than",
        unit: "%",
        doubts: [
          "Nights, weekends, holidays, the week of a release.",
          "How many false ones came before the true one?",
          "Does the person who gets it know what to do?",
        ],
      };
    case "minutes":
      return {
        text: `How long does a person take for one alert, on average over a year: ${about}?`,
        means:
          "From opening it to the decision, with what is asked of others. The average, not the single alert.",
        lowLabel: "Hardly less than",
        highLabel: "Hardly more than",
        unit: "minutes",
        doubts: [
          "The alert that took a whole afternoon: how often does that happen?",
          "Waiting and being interrupted is time too, but only what is spent counts.",
          "Does a new colleague need as long as you?",
        ],
      };
  }
}

const CLASSES: Readonly<Record<InputKind, readonly ReferenceClass[]>> = {
  frequency: [
    {
      figure: "9.3% of average firms had a significant incident in the year (2024)",
      source: "IRIS 2025, via reddogsecurity substack",
    },
    {
      figure: "0.149 significant incidents a year on average; 90% of firms between 0.02 and 0.43",
      source: "IRIS 2022, via jabenninghoff.github.io",
    },
  ],
  severity: [
    {
      figure: "$3.61M for breaches closed within 200 days, $4.87M for longer ones (2021)",
      source: "IBM, via cybereason; a survey, not cause and effect",
    },
    {
      figure: "attackers stay a median of 10 to 11 days (2023, 2024)",
      source: "M-Trends, via techtarget and cybernexum",
    },
  ],
  coverage: [
    { figure: "37% of simulated attacks were logged", source: "Picus 2023, picussecurity.com" },
    {
      figure: "half of the failures of rules are in log collection",
      source: "Picus Blue Report 2025, via thehackernews.com",
    },
  ],
  p: [
    {
      figure: "1 in 7 simulated attacks raised an alert (2025); 16% (2023)",
      source: "Picus Blue Report 2025, via thehackernews.com; Picus 2023, picussecurity.com",
    },
    {
      figure: "13% of rules are broken (2024: 18%)",
      source: "CardinalOps, via gouravnagar.com and lbit-solution",
    },
  ],
  cost: [],
  alerts: [],
  h: [{ figure: "four of five alerts are acted on", source: "assumed here, without a study behind it" }],
  minutes: [{ figure: "78% say more than 10 minutes an alert", source: "CriticalStart 2019" }],
};

export function referenceClasses(kind: InputKind): readonly ReferenceClass[] {
  return CLASSES[kind];
}

/** What a response plan may name. Browser-safe: declarations only. */

/** What a setting of a registered action may hold. */
export interface ActionSetting {
  readonly name: string;
  readonly type: "sql" | "dataset" | "whole-number";
  readonly describes: string;
  /** Taken when the plan does not say; null when it must. */
  readonly default: string | number | null;
  /** For whole numbers, both inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
}

/** An action that a plan may name in `uses`: what it is, not how it is done. */
export interface ActionDeclaration {
  readonly name: string;
  readonly title: string;
  /** What it does, in a sentence for somebody outside security. */
  readonly does: string;
  readonly settings: readonly ActionSetting[];
  /** Whether a person's press ends the alert and records an outcome. */
  readonly endsAlert: boolean;
  /** Whether it may run before anybody is asked. */
  readonly mayAutomate: boolean;
  /** Whether it may be a button. */
  readonly mayOffer: boolean;
}

const SQL: ActionSetting = {
  name: "sql",
  type: "sql",
  describes: "one SELECT; $event_time and $<entity column> stand for the alert's own values",
  default: null,
};
const MAXIMUM_ROWS: ActionSetting = {
  name: "maximumRows",
  type: "whole-number",
  describes: "rows kept and shown at most",
  default: 50,
  minimum: 1,
  maximum: 200,
};

/** Every registered action. To add one: declare it here, and implement it by this name in promote/respond. */
export const REGISTERED_ACTIONS: readonly ActionDeclaration[] = [
  {
    name: "query",
    title: "Look it up",
    does: "Asks one question of the collected data and shows the rows with the alert.",
    settings: [SQL, MAXIMUM_ROWS],
    endsAlert: false,
    mayAutomate: true,
    mayOffer: true,
  },
  {
    name: "related-activity",
    title: "What else happened there",
    does: "Shows what the same machine or person did shortly before and after.",
    settings: [
      { name: "dataset", type: "dataset", describes: "dataset to read", default: null },
      {
        name: "minutesBefore",
        type: "whole-number",
        describes: "minutes before the event",
        default: 10,
        minimum: 0,
        maximum: 10_080,
      },
      {
        name: "minutesAfter",
        type: "whole-number",
        describes: "minutes after the event",
        default: 10,
        minimum: 0,
        maximum: 10_080,
      },
    ],
    endsAlert: false,
    mayAutomate: true,
    mayOffer: true,
  },
  {
    name: "history",
    title: "Has this happened before?",
    does: "Counts how often this rule fired for the same machine or person, and how it ended.",
    settings: [
      {
        name: "days",
        type: "whole-number",
        describes: "days to look back",
        default: 90,
        minimum: 1,
        maximum: 3_650,
      },
    ],
    endsAlert: false,
    mayAutomate: true,
    mayOffer: true,
  },
  {
    name: "decide",
    title: "Decide",
    does: "Closes the alert and records what it was.",
    settings: [],
    endsAlert: true,
    mayAutomate: false,
    mayOffer: true,
  },
  {
    name: "collect-more-data",
    title: "Collect more data",
    does: "Runs one more query and shows its rows; the alert stays open.",
    settings: [SQL, MAXIMUM_ROWS],
    endsAlert: false,
    mayAutomate: false,
    mayOffer: true,
  },
  {
    name: "escalate-to-author",
    title: "Hand it to the rule's author",
    does: "Hands the alert to the person who wrote the rule; the alert stays open.",
    settings: [],
    endsAlert: false,
    mayAutomate: false,
    mayOffer: true,
  },
];

/** The declaration of the registered action with that name, or undefined. */
export function registeredAction(name: string): ActionDeclaration | undefined {
  return REGISTERED_ACTIONS.find((action) => action.name === name);
}

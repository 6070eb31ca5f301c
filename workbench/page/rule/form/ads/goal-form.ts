import { html } from "lit";
import { type Goal, parseGoal, renderGoal } from "../../../../../promote/ads/goal.ts";
import { line, prose, type SectionForm } from "./section-form.ts";

/** Goal: who does what to what. */
export const goalForm: SectionForm<Goal> = {
  parse: parseGoal,
  render: renderGoal,
  form: (goal, put) => html`<div class="form-columns">
      ${line("Actor", goal.actor, (actor) => put({ ...goal, actor }), { name: "actor", placeholder: "an intruder with a stolen session", hint: "Who does it?" })}
      ${line("Behaviour", goal.behaviour, (behaviour) => put({ ...goal, behaviour }), { name: "behaviour", placeholder: "starts a program as a new service", hint: "Does what?" })}
      ${line("Asset", goal.asset, (asset) => put({ ...goal, asset }), { name: "asset", placeholder: "the file servers", hint: "To what of ours?" })}
    </div>
    ${prose("Anything else", goal.prose, (text) => put({ ...goal, prose: text }), { rows: 2 })}`,
};

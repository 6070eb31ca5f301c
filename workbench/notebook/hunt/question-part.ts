import "./technique-picker.ts";
import { html, nothing, type TemplateResult } from "lit";
import { hypothesisSentence, withParts } from "../../../notebooks/hunt/hypothesis.ts";
import { textEntry } from "./entry.ts";
import type { HuntContext } from "./hunt-context.ts";

/** What is asked: the hypothesis of its parts, what would refute it, and the technique. */
export function questionPart({ hunt, change }: HuntContext): TemplateResult {
  const made = hypothesisSentence(hunt);
  const isOwn = hunt.hypothesis !== "" && made !== "" && hunt.hypothesis !== made;
  return html`
    ${textEntry({
      label: "Hypothesis",
      value: hunt.hypothesis,
      rows: 3,
      placeholder: "If …, then the data shows …",
      hint: made === "" ? "Write it, or fill in its parts below: they make the sentence." : "",
      change: (hypothesis) => change({ ...hunt, hypothesis }),
    })}
    ${
      isOwn
        ? html`<p class="hint-line">
            The parts below would say: “${made}”
            <button type="button" class="link" @click=${() => change({ ...hunt, hypothesis: made })}>Use that</button>
          </p>`
        : nothing
    }
    <div class="hunt-parts">
      ${textEntry({
        label: "Who",
        value: hunt.actor,
        placeholder: "an intruder with a user's password",
        change: (actor) => change(withParts(hunt, { actor })),
      })}
      ${textEntry({
        label: "does what",
        value: hunt.behaviour,
        placeholder: "reads the memory of LSASS",
        change: (behaviour) => change(withParts(hunt, { behaviour })),
      })}
      ${textEntry({
        label: "where",
        value: hunt.location,
        placeholder: "workstations",
        change: (location) => change(withParts(hunt, { location })),
      })}
      ${textEntry({
        label: "which leaves",
        value: hunt.evidence,
        placeholder: "a handle to lsass.exe from a program that has none",
        change: (evidence) => change(withParts(hunt, { evidence })),
      })}
    </div>
    ${textEntry({
      label: "What would refute it",
      value: hunt.refutation,
      rows: 2,
      placeholder: "No such handle on any host that sends Sysmon, with a power above 80 %.",
      change: (refutation) => change({ ...hunt, refutation }),
    })}
    <spoor-technique-picker
      .chosen=${hunt.techniques}
      .change=${(techniques: readonly string[]) => change({ ...hunt, techniques })}
    ></spoor-technique-picker>
  `;
}

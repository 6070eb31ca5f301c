import { countText, countWords, made } from "../chart/chart-frame.ts";
import { EMPTY, MISSING } from "../chart/chart-rows.ts";
import type { ValueDimension } from "./dimension.ts";
import { type Panel, type PanelHost, panelShell } from "./panel.ts";

/** The most frequent values as bars to press: all rows muted behind, the rows that pass in front. */
export interface ValuePanel extends Panel {
  readonly hasChoice: boolean;
  /** Other values than before; `totals` are the rows of each among all. */
  setValues(dimension: ValueDimension, totals: Float64Array | null): void;
}

export function valuePanel(first: ValueDimension, host: PanelHost): ValuePanel {
  let dimension = first;
  let totals: Float64Array | null = null;
  let counts: Float64Array | null = null;
  const chosen = new Set<number>();
  const shell = panelShell(dimension.field, host, () => chosen.clear());
  const list = made("div", "crossfilter-values");
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", `Values of ${dimension.field}`);
  list.addEventListener("pointerenter", host.near);
  list.addEventListener("focusin", host.near);
  list.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape" && chosen.size > 0) {
      chosen.clear();
      announce();
    }
    if (step === 0) return;
    const lines = [...list.children] as HTMLElement[];
    const next = lines[lines.indexOf(event.target as HTMLElement) + step];
    event.preventDefault();
    next?.focus();
  });
  shell.body.append(list);
  fill();

  function labelAt(bin: number): string {
    if (bin >= dimension.values.length) return "all others";
    const value = dimension.values[bin];
    return value === null || value === undefined ? MISSING : value === "" ? EMPTY : value;
  }

  function announce(): void {
    const bins = [...chosen].sort((a, b) => a - b);
    shell.chosen(
      bins.length === 0 ? null : bins.length === 1 ? short(labelAt(bins[0]!)) : `${bins.length} values`,
    );
    host.choose(bins.length === 0 ? null : [{ kind: "some", bins }], true);
    paint();
  }

  function fill(): void {
    list.replaceChildren(
      ...Array.from({ length: dimension.size }, (_bin, bin) => {
        const line = made("button", "crossfilter-value");
        line.type = "button";
        line.dataset.bin = String(bin);
        const label = made("span", "crossfilter-value-name", labelAt(bin).replace(/[\r\n\t]+/g, " ⏎ "));
        label.classList.toggle("missing", bin >= dimension.values.length || dimension.values[bin] === null);
        label.title = labelAt(bin);
        const track = made("span", "crossfilter-value-track");
        track.append(made("span", "crossfilter-value-all"), made("span", "crossfilter-value-passing"));
        line.append(label, track, made("span", "crossfilter-value-count"));
        line.addEventListener("click", () => {
          if (chosen.has(bin)) chosen.delete(bin);
          else chosen.add(bin);
          announce();
        });
        return line;
      }),
    );
    paint();
  }

  function paint(): void {
    const known = totals ?? counts;
    // The rest is often more than all named values together: its bar is cut at their scale.
    let most = 1;
    for (let bin = 0; bin < dimension.values.length; bin += 1)
      most = Math.max(most, known?.[bin] ?? 0, counts?.[bin] ?? 0);
    let passing = 0;
    for (let bin = 0; bin < dimension.values.length; bin += 1)
      passing = Math.max(passing, counts?.[bin] ?? 0);
    const own = passing > 0 && passing < most / 12;
    for (const line of list.children as HTMLCollectionOf<HTMLElement>) {
      const bin = Number(line.dataset.bin);
      const count = counts?.[bin] ?? 0;
      const all = known?.[bin] ?? 0;
      const [back, front] = line.querySelectorAll<HTMLElement>(".crossfilter-value-track > span");
      back!.style.width = `${Math.min(100, (all / most) * 100)}%`;
      front!.style.width = `${Math.min(100, (count / (own ? passing * 1.1 : most)) * 100)}%`;
      line.querySelector(".crossfilter-value-count")!.textContent = countText(count);
      line.setAttribute("aria-pressed", String(chosen.has(bin)));
      line.setAttribute("aria-label", `${labelAt(bin).slice(0, 200)}: ${countWords(count, "row")}`);
      line.hidden = bin >= dimension.values.length && (!dimension.hasOthers || (all === 0 && count === 0));
      line.classList.toggle("none", count === 0);
    }
    list.classList.toggle("has-choice", chosen.size > 0);
    shell.scale(own ? `longest bar: ${countText(passing)}` : null);
  }

  return {
    element: shell.element,
    get dimensions() {
      return [dimension];
    },
    get hasChoice() {
      return chosen.size > 0;
    },
    setValues(next, all) {
      dimension = next;
      totals = all;
      counts = null;
      chosen.clear();
      fill();
    },
    take(next) {
      totals ??= next.slice();
      counts = next;
      paint();
    },
    fail: shell.fail,
    clear() {
      chosen.clear();
      shell.chosen(null);
      paint();
    },
    draw: () => undefined,
    table: () =>
      Array.from({ length: dimension.size }, (_bin, bin) => [
        dimension.field,
        labelAt(bin),
        countText(totals?.[bin] ?? 0),
        countText(counts?.[bin] ?? 0),
      ]),
  };
}

function short(text: string): string {
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}

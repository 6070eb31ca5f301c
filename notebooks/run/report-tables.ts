/**
 * The program that makes a report's tables sort by a head and filter by a text. It only orders and hides rows that are in
 * the page already. It is written into the report as text, so it may use nothing from outside its body.
 */
export function reportTables(): void {
  const collator = new Intl.Collator("en", { numeric: true });
  for (const holder of document.querySelectorAll<HTMLElement>(".rows")) {
    const table = holder.querySelector("table")!;
    const body = table.tBodies[0]!;
    const original = [...body.rows];
    const heads = [...table.tHead!.rows[0]!.cells];
    if (original.length < 2) continue;
    let sorted = -1;
    let descending = false;
    const textAt = (row: HTMLTableRowElement, column: number) => {
      const cell = row.cells[column]!;
      return cell.className === "null" ? null : cell.textContent!;
    };
    const order = () => {
      const rows = [...original];
      if (sorted >= 0) {
        const numeric = heads[sorted]!.classList.contains("n");
        rows.sort((left, right) => {
          const [first, second] = [textAt(left, sorted), textAt(right, sorted)];
          // NULL comes last in both directions, as in the notebook.
          if (first === null || second === null) return first === second ? 0 : first === null ? 1 : -1;
          const by = numeric ? Number(first) - Number(second) : collator.compare(first, second);
          return descending ? -by : by;
        });
      }
      body.append(...rows);
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        if (sorted !== column) [sorted, descending] = [column, false];
        else if (descending) sorted = -1;
        else descending = true;
        for (const [index, other] of heads.entries()) {
          if (index === sorted) other.setAttribute("aria-sort", descending ? "descending" : "ascending");
          else other.removeAttribute("aria-sort");
        }
        order();
      });
    });
    if (original.length < 8) continue;
    const bar = document.createElement("p");
    bar.className = "rows-filter";
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "Filter these rows";
    input.setAttribute("aria-label", "Filter these rows");
    const found = document.createElement("span");
    found.setAttribute("role", "status");
    bar.append(input, found);
    holder.before(bar);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      let shown = 0;
      for (const row of original) {
        row.hidden = wanted !== "" && !row.textContent!.toLowerCase().includes(wanted);
        if (!row.hidden) shown += 1;
      }
      found.textContent = wanted === "" ? "" : `${shown} of ${original.length} shown rows`;
    });
  }
}

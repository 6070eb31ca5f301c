import {
  button,
  type ChartElement,
  ChartFrame,
  countText,
  countWords,
  made,
  nothingToDraw,
} from "./chart-frame.ts";
import {
  type ChartRow,
  type Field,
  findField,
  labelOf,
  requireField,
  rowsFor,
  timeMsOf,
  USUAL_HOST,
  USUAL_TIME,
} from "./chart-rows.ts";
import { baseName, type ProcessNode, type ProcessStart, pidOf, processForest } from "./process-forest.ts";
import { suspicionOf } from "./suspicious-process.ts";
import { utcText } from "./time-bins.ts";

export interface ProcessTreeOptions {
  readonly pid?: Field;
  readonly parentPid?: Field;
  /** Identifier that is never used again (Sysmon's ProcessGuid); links by pid and time without. */
  readonly guid?: Field | null;
  readonly parentGuid?: Field | null;
  readonly time?: Field;
  readonly end?: Field | null;
  readonly host?: Field | null;
  readonly image?: Field;
  readonly parentImage?: Field | null;
  readonly commandLine?: Field | null;
  readonly user?: Field | null;
  /**
   * Gives the reason why a row deserves a look, or null: it is marked and opened. Default: relations and command lines that
   * hunters look for first. False for none.
   */
  readonly mark?: ((row: ChartRow, process: ProcessNode) => string | null | undefined | false) | false;
  readonly title?: string;
}

export interface ProcessChoice {
  /** The chosen process; null when nothing is chosen. */
  readonly process: {
    readonly host: string;
    readonly pid: number | null;
    readonly image: string;
    readonly guid: string | null;
    readonly start: Date | null;
  } | null;
  /** Rows of the chosen process and of all below it; all rows when nothing is chosen. */
  readonly rows: readonly ChartRow[];
}

const USUAL = {
  pid: ["ProcessId", "NewProcessId", "pid", "process_id", "process_pid"],
  parentPid: ["ParentProcessId", "ppid", "parent_process_id", "parent_pid", "CreatorProcessId"],
  guid: ["ProcessGuid", "process_guid", "guid"],
  parentGuid: ["ParentProcessGuid", "parent_process_guid", "parent_guid"],
  image: ["Image", "NewProcessName", "process_path", "process_name", "exe", "image", "name"],
  parentImage: ["ParentImage", "ParentProcessName", "parent_process_name", "parent_image", "parent_name"],
  commandLine: ["CommandLine", "ProcessCommandLine", "command_line", "cmdline", "cmd"],
  user: ["User", "SubjectUserName", "user_name", "username", "user"],
  end: ["EndTime", "end_time", "ended"],
} as const;

const LINES_AT_ONCE = 300;
const OPEN_UP_TO = 60;

/**
 * Processes as a tree, correct where process ids are used again. Collapsible, with search and the keys of a tree (arrows,
 * Home, End, Enter chooses). `value` is {process, rows}: the chosen process, and the rows of it and of all below it.
 */
export function processTree(given: unknown, options: ProcessTreeOptions = {}): ChartElement<ProcessChoice> {
  const rows = rowsFor("processTree", given);
  const chart = "processTree";
  const need = (option: "pid" | "parentPid" | "image", usual: readonly string[]) =>
    requireField(rows, { chart, option, given: options[option], usual });
  const may = (
    option: "guid" | "parentGuid" | "parentImage" | "commandLine" | "user" | "end" | "host",
    usual: readonly string[],
  ) => findField(rows, { chart, option, given: options[option], usual });
  const pid = need("pid", USUAL.pid);
  const parentPid = need(
    "parentPid",
    pid.name === "NewProcessId" ? ["ProcessId", ...USUAL.parentPid] : USUAL.parentPid,
  );
  const image = need("image", USUAL.image);
  const time = requireField(rows, { chart, option: "time", given: options.time, usual: USUAL_TIME });
  const [guid, parentGuid, host] = [
    may("guid", USUAL.guid),
    may("parentGuid", USUAL.parentGuid),
    may("host", USUAL_HOST),
  ];
  const [parentImage, commandLine] = [
    may("parentImage", USUAL.parentImage),
    may("commandLine", USUAL.commandLine),
  ];
  const [user, end] = [may("user", USUAL.user), may("end", USUAL.end)];
  const text = (value: unknown) =>
    value === null || value === undefined || value === "" ? "" : labelOf(value);
  const forest = processForest(
    Array.from(rows, (row, index): ProcessStart => {
      const read = (field: { read(row: ChartRow): unknown } | null) => (field ? field.read(row) : null);
      const id = (value: unknown) =>
        value === null || value === undefined || value === "" ? null : String(value).toLowerCase();
      return {
        host: text(read(host)),
        startMs: timeMsOf(time.read(row)),
        endMs: timeMsOf(read(end)),
        pid: pidOf(pid.read(row)),
        parentPid: pidOf(parentPid.read(row)),
        guid: id(read(guid)),
        parentGuid: id(read(parentGuid)),
        image: text(image.read(row)),
        commandLine: text(read(commandLine)),
        user: text(read(user)),
        parentImage: text(read(parentImage)),
        row: index,
      };
    }),
  );
  const marks = new Map<ProcessNode, string>();
  if (options.mark !== false)
    for (const node of forest.nodes) {
      if (!node.start) continue;
      const reason = options.mark ? options.mark(rows[node.start.row]!, node) : suspicionOf(node);
      if (reason) marks.set(node, String(reason));
    }
  const hosts = new Set(forest.nodes.map((node) => node.host));
  const days = new Set(
    forest.nodes.flatMap(({ start }) =>
      start && !Number.isNaN(start.startMs) ? [Math.floor(start.startMs / 86_400_000)] : [],
    ),
  );
  const oneDay = days.size === 1 ? utcText([...days][0]! * 86_400_000).slice(0, 10) : null;
  const seen = forest.nodes.filter((node) => node.start).length;
  const title = options.title ?? "Process tree";
  const nothing: ProcessChoice = { process: null, rows };
  const open = new Set<ProcessNode>();
  openFirst();
  let chosen: ProcessNode | null = null;
  let current: ProcessNode | null = forest.roots[0] ?? null;
  let search = "";
  let shownLines = LINES_AT_ONCE;
  let list: HTMLElement | null = null;
  let more: HTMLElement | null = null;

  const frame = new ChartFrame<ProcessChoice>({
    title,
    value: nothing,
    description: `${countWords(seen, "process", "processes")} on ${countWords(hosts.size, "host")} in ${countWords(forest.roots.length, "tree")}${oneDay ? `, ${oneDay} UTC` : ""}; ${countText(marks.size)} marked.`,
    notes: [
      ...(forest.repeated > 0
        ? [
            `${countWords(forest.repeated, "row tells", "rows tell")} a start that another row told; the first is shown.`,
          ]
        : []),
      ...(forest.cyclic > 0
        ? [`${countWords(forest.cyclic, "link")} left out: a process would be its own ancestor.`]
        : []),
      ...(guid ? [] : ["Linked by process id and time: there is no column of process GUIDs."]),
    ],
    clear: () => choose(null),
    table: () => ({
      columns: [
        { name: "Depth", numeric: true },
        { name: "Start (UTC)" },
        { name: "Host" },
        { name: "PID", numeric: true },
        { name: "Image" },
        { name: "Command line" },
        { name: "User" },
        { name: "Marked" },
      ],
      rowCount: forest.nodes.length,
      rows: forest.nodes
        .slice(0, 1000)
        .map((node) => [
          String(depthOf(node)),
          node.start ? utcText(node.start.startMs) : "start not seen",
          node.host,
          node.pid === null ? "" : String(node.pid),
          node.image,
          node.start?.commandLine ?? "",
          node.start?.user ?? "",
          marks.get(node) ?? "",
        ]),
    }),
    draw,
  });
  return frame.element;

  /** Small trees are open; in large ones the way to each marked process is. */
  function openFirst(): void {
    if (forest.nodes.length <= OPEN_UP_TO) {
      for (const node of forest.nodes) open.add(node);
      return;
    }
    for (const node of marks.keys()) for (let one = node.parent; one; one = one.parent) open.add(one);
  }

  function draw(body: HTMLElement): void {
    if (forest.nodes.length === 0) {
      body.append(nothingToDraw());
      return;
    }
    const bar = made("div", "chart-bar");
    const field = made("input", "chart-search");
    field.type = "search";
    field.placeholder = "Search image, command line, user, PID";
    field.setAttribute("aria-label", "Search processes");
    field.value = search;
    field.addEventListener("input", () => {
      search = field.value.trim().toLowerCase();
      shownLines = LINES_AT_ONCE;
      fill();
    });
    bar.append(
      field,
      button("Open all", () => {
        for (const node of forest.nodes) open.add(node);
        fill();
      }),
      button("Close all", () => {
        open.clear();
        current = forest.roots[0] ?? null;
        fill();
      }),
      ...(marks.size > 0
        ? [
            button(`Next marked (${marks.size})`, () => {
              const marked = forest.nodes.filter((node) => marks.has(node));
              const at = current ? marked.indexOf(current) : -1;
              goTo(marked[(at + 1) % marked.length]!);
            }),
          ]
        : []),
    );
    list = made("div", "chart-tree");
    list.setAttribute("role", "tree");
    list.setAttribute("aria-label", title);
    list.addEventListener("keydown", keys);
    more = made("div", "chart-more");
    body.append(bar, list, more);
    fill();
  }

  function matches(node: ProcessNode): boolean {
    const start = node.start;
    return `${node.image}\n${start?.commandLine ?? ""}\n${start?.user ?? ""}\n${node.pid ?? ""}\n${node.host}`
      .toLowerCase()
      .includes(search);
  }

  /** Nodes in view, top to bottom. A search shows what matches and the way to it. */
  function visible(): ProcessNode[] {
    let kept: Set<ProcessNode> | null = null;
    if (search) {
      kept = new Set();
      for (const node of forest.nodes)
        if (matches(node)) for (let one: ProcessNode | null = node; one; one = one.parent) kept.add(one);
    }
    const found: ProcessNode[] = [];
    const stack = forest.roots.toReversed();
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (kept && !kept.has(node)) continue;
      found.push(node);
      if (kept || open.has(node))
        for (let index = node.children.length - 1; index >= 0; index -= 1) stack.push(node.children[index]!);
    }
    return found;
  }

  function fill(focus = false): void {
    if (!list || !more) return;
    const all = visible();
    if (current && !all.includes(current)) current = all[0] ?? null;
    const at = current ? all.indexOf(current) : 0;
    if (at >= shownLines) shownLines = at + LINES_AT_ONCE;
    list.replaceChildren(...all.slice(0, shownLines).map(line));
    more.replaceChildren();
    if (all.length === 0) more.append(made("p", "chart-note", "Nothing matches."));
    if (all.length > shownLines)
      more.append(
        button(
          `Show ${countText(Math.min(LINES_AT_ONCE, all.length - shownLines))} more of ${countText(all.length - shownLines)}`,
          () => {
            shownLines += LINES_AT_ONCE;
            fill();
          },
        ),
      );
    if (focus) list.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }

  function line(node: ProcessNode): HTMLElement {
    const element = made("div", "chart-tree-line");
    const depth = depthOf(node);
    element.setAttribute("role", "treeitem");
    element.setAttribute("aria-level", String(depth + 1));
    element.setAttribute("aria-selected", String(node === chosen));
    element.tabIndex = node === current ? 0 : -1;
    element.dataset.node = String(node.id);
    element.style.setProperty("--depth", String(Math.min(depth, 24)));
    const isOpen = search !== "" || open.has(node);
    const twisty = made("span", "chart-twisty", node.children.length === 0 ? "" : isOpen ? "▾" : "▸");
    twisty.setAttribute("aria-hidden", "true");
    if (node.children.length > 0) element.setAttribute("aria-expanded", String(isOpen));
    const name = node.image.split(/[\\/]/).at(-1) || "unknown image";
    const head = made("span", "chart-tree-name", name);
    head.title = node.image;
    element.append(twisty, head, made("span", "chart-tree-pid", node.pid === null ? "" : String(node.pid)));
    const reason = marks.get(node);
    if (reason) {
      element.classList.add("marked");
      element.append(made("span", "chart-tree-mark", `▲ ${reason}`));
    }
    if (!node.start) {
      element.classList.add("unseen");
      element.append(made("span", "chart-tree-line-text", "start not in these rows"));
    } else if (node.start.commandLine) {
      const text = made(
        "span",
        "chart-tree-line-text code",
        node.start.commandLine.replace(/[\r\n\t]+/g, " ⏎ "),
      );
      text.title = node.start.commandLine;
      element.append(text);
    }
    if (!isOpen && node.descendants > 0)
      element.append(made("span", "chart-tree-count", `+${countText(node.descendants)}`));
    const side = made("span", "chart-tree-side");
    side.textContent = [
      hosts.size > 1 && depth === 0 ? node.host : "",
      node.start?.user ?? "",
      node.start ? (oneDay ? utcText(node.start.startMs).slice(11) : utcText(node.start.startMs)) : "",
    ]
      .filter(Boolean)
      .join(" · ");
    element.append(side);
    element.addEventListener("click", (event) => {
      current = node;
      if (event.target === twisty && node.children.length > 0) return toggle(node);
      choose(node === chosen ? null : node);
      fill(true);
    });
    element.addEventListener("dblclick", () => toggle(node));
    return element;
  }

  function toggle(node: ProcessNode): void {
    if (open.has(node)) open.delete(node);
    else open.add(node);
    fill(true);
  }

  function goTo(node: ProcessNode): void {
    for (let one = node.parent; one; one = one.parent) open.add(one);
    current = node;
    search = "";
    choose(node);
    fill(true);
  }

  function keys(event: KeyboardEvent): void {
    if (!current) return;
    const all = visible();
    const at = all.indexOf(current);
    let next: ProcessNode | undefined = current;
    if (event.key === "ArrowDown") next = all[at + 1];
    else if (event.key === "ArrowUp") next = all[at - 1];
    else if (event.key === "Home") next = all[0];
    else if (event.key === "End") next = all.at(-1);
    else if (event.key === "ArrowRight") {
      if (current.children.length > 0 && !open.has(current)) open.add(current);
      else next = current.children[0];
    } else if (event.key === "ArrowLeft") {
      if (open.has(current) && current.children.length > 0) open.delete(current);
      else next = current.parent ?? undefined;
    } else if (event.key === "Enter" || event.key === " ") choose(current === chosen ? null : current);
    else if (event.key === "Escape") choose(null);
    else return;
    event.preventDefault();
    if (next) current = next;
    fill(true);
  }

  function choose(node: ProcessNode | null): void {
    chosen = node;
    if (list)
      for (const element of list.children)
        element.setAttribute(
          "aria-selected",
          String((element as HTMLElement).dataset.node === String(node?.id)),
        );
    if (!node) {
      frame.choose(nothing, null);
      return;
    }
    let kept: ChartRow[] | null = null;
    frame.choose(
      {
        process: {
          host: node.host,
          pid: node.pid,
          image: node.image,
          guid: node.start?.guid ?? null,
          start: node.start && !Number.isNaN(node.start.startMs) ? new Date(node.start.startMs) : null,
        },
        get rows() {
          kept ??= below(node).flatMap((one) => (one.start ? [rows[one.start.row]!] : []));
          return kept;
        },
      },
      `${baseName(node.image) || "process"} ${node.pid ?? ""} with ${countWords(node.descendants, "process", "processes")} below`,
    );
  }
}

function depthOf(node: ProcessNode): number {
  let depth = 0;
  for (let one = node.parent; one; one = one.parent) depth += 1;
  return depth;
}

function below(node: ProcessNode): ProcessNode[] {
  const found: ProcessNode[] = [];
  const stack = [node];
  while (stack.length > 0) {
    const one = stack.pop()!;
    found.push(one);
    for (let index = one.children.length - 1; index >= 0; index -= 1) stack.push(one.children[index]!);
  }
  return found;
}

import {
  button,
  bytesText,
  type ChartElement,
  ChartFrame,
  countText,
  countWords,
  made,
  nothingToDraw,
  shareText,
  Tooltip,
} from "./chart-frame.ts";
import {
  type ChartRow,
  type Field,
  findField,
  labelOf,
  numberOf,
  requireField,
  rowsFor,
  USUAL_BYTES,
  USUAL_SOURCE,
  USUAL_TARGET,
} from "./chart-rows.ts";
import { drawnNetwork, EdgeSums } from "./network-edges.ts";
import { networkLayout, type PlacedNode } from "./network-layout.ts";

export interface NetworkGraphOptions {
  readonly source?: Field;
  readonly target?: Field;
  /** Column of bytes; events are counted without. */
  readonly bytes?: Field | null;
  /** Column of a count that each row stands for; each row counts 1 without. */
  readonly count?: Field;
  /** What the size of a node tells. Default "bytes" where there are bytes, else "degree". */
  readonly size?: "degree" | "bytes" | "count";
  /** Edges drawn at most; above that leaves are grouped, then the weakest edges are left out. Default 2,000. */
  readonly edges?: number;
  readonly title?: string;
  /** Height in pixels. Default 460. */
  readonly height?: number;
}

export interface NetworkChoice {
  /** Name of the node in focus; null when there is none. */
  readonly node: string | null;
  /** Rows of the node (or of the group); all when none is in focus. */
  readonly rows: readonly ChartRow[];
}

const WORK_MS = 10;
const LABELS = 24;

/**
 * Who talked to whom. `value` is {node, rows}. The same rows give the same drawing. Click a node (or search for it) to put
 * it in focus; drag moves, the wheel with ctrl zooms. Above 2,000 edges the drawing is coarser, and says how.
 */
export function networkGraph(given: unknown, options: NetworkGraphOptions = {}): ChartElement<NetworkChoice> {
  const rows = rowsFor("networkGraph", given);
  const chart = "networkGraph";
  const source = requireField(rows, { chart, option: "source", given: options.source, usual: USUAL_SOURCE });
  const target = requireField(rows, { chart, option: "target", given: options.target, usual: USUAL_TARGET });
  const bytes = findField(rows, { chart, option: "bytes", given: options.bytes, usual: USUAL_BYTES });
  const weight =
    options.count === undefined
      ? null
      : findField(rows, { chart, option: "count", given: options.count, usual: [] });
  const sums = new EdgeSums();
  let missing = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    const [from, to] = [source.read(row), target.read(row)];
    if (from === null || from === undefined || to === null || to === undefined) {
      missing += 1;
      continue;
    }
    sums.add(
      labelOf(from),
      labelOf(to),
      weight ? numberOf(weight.read(row)) || 0 : 1,
      bytes ? numberOf(bytes.read(row)) || 0 : 0,
    );
  }
  const all = sums.edges;
  const network = drawnNetwork(all, options.edges ?? 2000);
  const size = options.size ?? (bytes ? "bytes" : "degree");
  const most = network.nodes.reduce((top, node) => Math.max(top, node[size]), 1);
  const radius = (index: number) => 3 + 13 * Math.sqrt(network.nodes[index]![size] / most);
  const place = new Map(network.nodes.map(({ name }, index) => [name, index]));
  const links = network.edges.map((edge) => ({
    edge,
    from: place.get(edge.source)!,
    to: place.get(edge.target)!,
  }));
  const near = network.nodes.map(() => new Set<number>());
  for (const { from, to } of links) {
    near[from]!.add(to);
    near[to]!.add(from);
  }
  const asks = new Set(links.map(({ from }) => from));
  const answers = new Set(links.map(({ to }) => to));
  const roleOf = (index: number) => (asks.has(index) ? (answers.has(index) ? 2 : 0) : 1);
  const mostCount = network.edges.reduce((top, { count }) => Math.max(top, count), 1);
  const layout = networkLayout(network, radius, () => performance.now());
  const byWeight = network.nodes
    .map((_node, index) => index)
    .sort((a, b) => network.nodes[b]![size] - network.nodes[a]![size] || a - b);
  const byDegree = network.nodes
    .map((_node, index) => index)
    .sort((a, b) => network.nodes[b]!.degree - network.nodes[a]!.degree || a - b);
  /** Names that are written first: the largest and the best connected in turn. */
  const byRank = [...new Set(byWeight.flatMap((index, rank) => [index, byDegree[rank]!]))];
  const title = options.title ?? "Who talked to whom";
  const nothing: NetworkChoice = { node: null, rows };
  let focus: number | null = null;
  let hover: number | null = null;
  let settled = false;
  let view = { scale: 1, x: 0, y: 0, fitted: true };
  let paint: () => void = () => undefined;

  const names = new Set(all.flatMap(({ source: from, target: to }) => [from, to]));
  const frame = new ChartFrame<NetworkChoice>({
    title,
    value: nothing,
    description: `${countWords(names.size, "node")} and ${countWords(all.length, "edge")} of ${countWords(rows.length - missing, "row")}; the size of a node is its ${{ degree: "number of neighbours", bytes: "bytes", count: "events" }[size]}.`,
    notes: [
      ...(network.grouped > 0
        ? [
            `${countText(all.length)} edges are too many to draw: ${countText(network.grouped)} nodes with one and the same neighbour are drawn as groups (squares).`,
          ]
        : []),
      ...(network.leftOut.edges > 0
        ? [
            `Not drawn: the ${countText(network.leftOut.edges)} weakest edges, with ${countText(network.leftOut.count)} events (${shareText(
              network.leftOut.count /
                Math.max(
                  1,
                  all.reduce((sum, { count }) => sum + count, 0),
                ),
            )} of all). The table has them.`,
          ]
        : []),
      ...(missing > 0
        ? [`${countWords(missing, "row has", "rows have")} no ${source.name} or no ${target.name}.`]
        : []),
    ],
    legend: [
      { name: `only ${source.name}`, colour: "var(--chart-1)" },
      { name: `only ${target.name}`, colour: "var(--chart-3)" },
      { name: "both", colour: "var(--chart-2)" },
    ],
    clear: () => setFocus(null),
    table: () => {
      const ordered = all.toSorted((a, b) => b.count - a.count);
      return {
        columns: [
          { name: source.name },
          { name: target.name },
          { name: "Events", numeric: true },
          ...(bytes ? [{ name: "Bytes", numeric: true }] : []),
        ],
        rowCount: ordered.length,
        rows: ordered
          .slice(0, 1000)
          .map((edge) => [
            edge.source,
            edge.target,
            countText(edge.count),
            ...(bytes ? [countText(edge.bytes)] : []),
          ]),
      };
    },
    draw,
  });
  return frame.element;

  function setFocus(index: number | null): void {
    focus = index;
    paint();
    if (index === null) {
      frame.choose(nothing, null);
      return;
    }
    const node = network.nodes[index]!;
    const members = new Set(node.members);
    let kept: ChartRow[] | null = null;
    frame.choose(
      {
        node: node.name,
        get rows() {
          kept ??= rows.filter(
            (row) => members.has(labelOf(source.read(row))) || members.has(labelOf(target.read(row))),
          );
          return kept;
        },
      },
      `${node.name}: ${countWords(node.degree, "neighbour")}, ${countWords(node.count, "event")}${bytes ? `, ${bytesText(node.bytes)}` : ""}`,
    );
  }

  function draw(body: HTMLElement, width: number): void {
    if (network.nodes.length === 0) {
      body.append(nothingToDraw());
      return;
    }
    const height = options.height ?? 460;
    const bar = made("div", "chart-bar");
    const field = made("input", "chart-search");
    field.type = "search";
    field.placeholder = "Find a node";
    field.setAttribute("aria-label", "Find a node and put it in focus");
    const listId = `nodes-${crypto.randomUUID()}`;
    field.setAttribute("list", listId);
    const list = made("datalist");
    list.id = listId;
    for (const index of byWeight.slice(0, 500)) {
      const option = made("option");
      option.value = network.nodes[index]!.name;
      list.append(option);
    }
    field.addEventListener("change", () => {
      const wanted = field.value.trim().toLowerCase();
      if (!wanted) return setFocus(null);
      const found =
        byWeight.find((index) => network.nodes[index]!.name.toLowerCase() === wanted) ??
        byWeight.find((index) =>
          network.nodes[index]!.members.some((name) => name.toLowerCase() === wanted),
        ) ??
        byWeight.find((index) => network.nodes[index]!.name.toLowerCase().includes(wanted));
      setFocus(found ?? null);
    });
    const zoom = (by: number) => {
      view = {
        scale: Math.min(12, Math.max(0.05, view.scale * by)),
        x: view.x * by,
        y: view.y * by,
        fitted: false,
      };
      paint();
    };
    bar.append(
      field,
      list,
      button("+", () => zoom(1.3)),
      button("−", () => zoom(1 / 1.3)),
      button("Fit", () => {
        view.fitted = true;
        paint();
      }),
    );
    (bar.children[2] as HTMLElement).setAttribute("aria-label", "Zoom in");
    (bar.children[3] as HTMLElement).setAttribute("aria-label", "Zoom out");
    const holder = made("div", "chart-network");
    const canvas = made("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${title}: a drawing of nodes and edges; the table has the same edges`);
    const ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    holder.append(canvas);
    const tooltip = new Tooltip(holder);
    body.append(bar, holder);
    const context = canvas.getContext("2d")!;
    const colours = () => {
      const style = getComputedStyle(canvas);
      const colour = (name: string) => {
        // A custom property keeps light-dark(); a colour that is used resolves it.
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color;
      };
      return {
        edge: colour("--line-strong"),
        roles: [colour("--chart-1"), colour("--chart-3"), colour("--chart-2")],
        focus: colour("--accent"),
        text: colour("--text"),
        ground: colour("--surface"),
        font: style.fontFamily,
      };
    };
    const probe = made("span");
    probe.hidden = true;
    holder.append(probe);
    let colour = colours();
    let asked = false;
    const fit = () => {
      let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
      for (const node of layout.nodes) {
        x0 = Math.min(x0, node.x - node.radius);
        x1 = Math.max(x1, node.x + node.radius);
        y0 = Math.min(y0, node.y - node.radius);
        y1 = Math.max(y1, node.y + node.radius);
      }
      const scale = Math.min(1.8, (width - 90) / Math.max(1, x1 - x0), (height - 40) / Math.max(1, y1 - y0));
      view = { scale, x: (-(x0 + x1) / 2) * scale, y: (-(y0 + y1) / 2) * scale, fitted: true };
    };
    const screen = (node: PlacedNode) =>
      [width / 2 + view.x + node.x * view.scale, height / 2 + view.y + node.y * view.scale] as const;
    const radiusOn = (node: PlacedNode) =>
      node.radius * Math.min(1.25, Math.max(0.35, Math.sqrt(view.scale)));
    const render = () => {
      asked = false;
      if (!canvas.isConnected) return;
      if (!settled) {
        settled = layout.work(WORK_MS);
        if (!settled) paint();
      }
      if (view.fitted) fit();
      colour = colours();
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      const centre = hover ?? focus;
      const lit = centre === null ? null : near[centre]!;
      for (const pass of [false, true]) {
        if (pass && centre === null) break;
        context.strokeStyle = pass ? colour.focus : colour.edge;
        for (const { edge, from, to } of links) {
          const isLit = from === centre || to === centre;
          if (isLit !== pass) continue;
          context.globalAlpha = pass ? 0.85 : centre === null ? (links.length > 600 ? 0.28 : 0.5) : 0.1;
          context.lineWidth = 0.6 + 2.4 * (Math.log1p(edge.count) / Math.log1p(mostCount));
          const [x0, y0] = screen(layout.nodes[from]!);
          const [x1, y1] = screen(layout.nodes[to]!);
          context.beginPath();
          context.moveTo(x0, y0);
          context.lineTo(x1, y1);
          context.stroke();
        }
      }
      layout.nodes.forEach((node, index) => {
        const [x, y] = screen(node);
        const r = radiusOn(node);
        const isGroup = network.nodes[index]!.members.length > 1;
        context.globalAlpha = centre === null || index === centre || lit!.has(index) ? 1 : 0.22;
        const isCentre = index === focus || index === hover;
        context.fillStyle = colour.roles[roleOf(index)]!;
        context.strokeStyle = isCentre ? colour.text : colour.ground;
        context.lineWidth = isCentre ? 2 : 1;
        context.beginPath();
        if (isGroup) context.rect(x - r, y - r, 2 * r, 2 * r);
        else context.arc(x, y, r, 0, 2 * Math.PI);
        context.fill();
        context.stroke();
      });
      labels(centre, lit);
    };
    const labels = (centre: number | null, lit: ReadonlySet<number> | null) => {
      context.globalAlpha = 1;
      context.font = `11px ${colour.font}`;
      context.textBaseline = "middle";
      const taken: [number, number, number, number][] = [];
      const wanted =
        centre === null
          ? byRank.slice(0, LABELS)
          : [centre, ...byRank.filter((index) => lit!.has(index)).slice(0, LABELS * 2)];
      for (const index of wanted) {
        const node = layout.nodes[index]!;
        const name = network.nodes[index]!.name;
        const text = name.length > 34 ? `${name.slice(0, 33)}…` : name;
        const [x, y] = screen(node);
        const textWidth = context.measureText(text).width;
        const r = radiusOn(node);
        for (const [left, middle] of [
          [x + r + 4, y],
          [x - r - 4 - textWidth, y],
          [x - textWidth / 2, y - r - 8],
          [x - textWidth / 2, y + r + 8],
        ] as const) {
          const box: [number, number, number, number] = [
            left - 2,
            middle - 7,
            left + textWidth + 2,
            middle + 7,
          ];
          if (box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height) continue;
          if (
            taken.some(
              (other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1],
            )
          )
            continue;
          taken.push(box);
          context.lineJoin = "round";
          context.lineWidth = 3;
          context.strokeStyle = colour.ground;
          context.strokeText(text, left, middle);
          context.fillStyle = colour.text;
          context.fillText(text, left, middle);
          break;
        }
      }
    };
    paint = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(render);
    };
    const nodeAt = (event: PointerEvent | MouseEvent): number | null => {
      const box = canvas.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      let best: number | null = null;
      let bestDistance = Infinity;
      layout.nodes.forEach((node, index) => {
        const [x, y] = screen(node);
        const distance = Math.hypot(px - x, py - y) - radiusOn(node);
        if (distance < 5 && distance < bestDistance) {
          best = index;
          bestDistance = distance;
        }
      });
      return best;
    };
    let drag: { x: number; y: number; viewX: number; viewY: number; moved: boolean } | null = null;
    canvas.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, y: event.clientY, viewX: view.x, viewY: view.y, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (drag) {
        const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
        if (!drag.moved && Math.hypot(dx, dy) < 4) return;
        drag.moved = true;
        view = { ...view, x: drag.viewX + dx, y: drag.viewY + dy, fitted: false };
        tooltip.hide();
        return paint();
      }
      const at = nodeAt(event);
      canvas.style.cursor = at === null ? "" : "pointer";
      if (at !== hover) {
        hover = at;
        paint();
      }
      if (at === null) return tooltip.hide();
      const node = network.nodes[at]!;
      tooltip.show(event.clientX, event.clientY, [
        node.name,
        `${countWords(node.degree, "neighbour")} · ${countWords(node.count, "event")}${bytes ? ` · ${bytesText(node.bytes)}` : ""}`,
        ...(node.members.length > 1
          ? [node.members.slice(0, 6).join(", ") + (node.members.length > 6 ? " …" : "")]
          : []),
      ]);
    });
    canvas.addEventListener("pointerup", (event) => {
      const moved = drag?.moved ?? false;
      drag = null;
      if (moved) return;
      const at = nodeAt(event);
      setFocus(at === focus ? null : at);
    });
    canvas.addEventListener("pointerleave", () => {
      tooltip.hide();
      if (hover === null) return;
      hover = null;
      paint();
    });
    canvas.addEventListener(
      "wheel",
      (event) => {
        // Without ctrl the wheel scrolls the notebook.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = canvas.getBoundingClientRect();
        const [px, py] = [event.clientX - box.left - width / 2, event.clientY - box.top - height / 2];
        const by = Math.exp(-event.deltaY * 0.01);
        const scale = Math.min(12, Math.max(0.05, view.scale * by));
        const ratioOf = scale / view.scale;
        view = { scale, x: px - (px - view.x) * ratioOf, y: py - (py - view.y) * ratioOf, fitted: false };
        paint();
      },
      { passive: false },
    );
    new MutationObserver((_changes, observer) => {
      if (canvas.isConnected) paint();
      else observer.disconnect();
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    paint();
  }
}

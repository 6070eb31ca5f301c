/**
 * The sandboxed page in which cells run. It has no origin, no network and no session: rows come, and values leave, only
 * by the port that its parent gives it.
 */
import "./close-ways-out.ts";
import inputsStyle from "@observablehq/inputs/dist/index.css";
import tokens from "../style/tokens.css";
import { CellRunner } from "./cell-runner.ts";
import chartStyle from "./chart/chart.css";
import frameStyle from "./frame.css";
import { keepFormsLocal } from "./local-forms.ts";
import { PageChannel } from "./page-channel.ts";
import { FRAME_CONNECT, FRAME_HELLO, type FrameMessage, type HostMessage } from "./protocol.ts";
import { QueryChannel } from "./query-channel.ts";
import resultStyle from "./result/result.css";

keepFormsLocal();

function start(port: MessagePort): void {
  const style = document.createElement("style");
  style.textContent = `${tokens}\n${inputsStyle}\n${frameStyle}\n${chartStyle}\n${resultStyle}`;
  document.head.append(style);
  const post = (message: FrameMessage) => port.postMessage(message);
  const channel = new QueryChannel(post);
  const page = new PageChannel(post);
  const runner = new CellRunner(document.body, channel, page, post);
  port.onmessage = ({ data }: MessageEvent<HostMessage>) => {
    if (channel.take(data) || page.take(data)) return;
    switch (data.kind) {
      case "theme":
        document.documentElement.dataset.theme = data.dark ? "dark" : "light";
        break;
      case "define":
        for (const program of data.cells) runner.define(program);
        break;
      case "remove":
        runner.remove(data.id);
        break;
      case "layout":
        for (const { id, top, shown } of data.slots) {
          const output = runner.output(id);
          output.style.top = `${top}px`;
          output.classList.toggle("shown", shown);
        }
        break;
      case "ping":
        post({ kind: "pong", at: data.at });
        break;
    }
  };
  addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key === "s") {
      event.preventDefault();
      post({ kind: "key", key: "save" });
    }
    const output = (event.target as Element | null)?.closest?.<HTMLElement>(".output[data-cell]");
    if (event.key === "Escape" && !event.defaultPrevented && output)
      post({ kind: "leave", id: Number(output.dataset.cell) });
  });
  addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!link?.hasAttribute("href")) return;
    event.preventDefault();
    post({ kind: "open", href: link.href });
  });
}

addEventListener("message", function connect({ data, source, ports }) {
  if (source !== parent || data !== FRAME_CONNECT || !ports[0]) return;
  removeEventListener("message", connect);
  start(ports[0]);
});
parent.postMessage(FRAME_HELLO, "*");

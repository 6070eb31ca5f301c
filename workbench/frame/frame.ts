/**
 * The sandboxed page in which cells run. It has no origin, no network and no session: rows come, and values leave, only
 * by the port that its parent gives it.
 */
import inputsStyle from "@observablehq/inputs/dist/index.css";
import tokens from "../style/tokens.css";
import { CellRunner } from "./cell-runner.ts";
import frameStyle from "./frame.css";
import { FRAME_CONNECT, FRAME_HELLO, type FrameMessage, type HostMessage } from "./protocol.ts";
import { QueryChannel } from "./query-channel.ts";

/** Ways out that no content policy covers: peer connections send to any address. */
const UNCOVERED = ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport"] as const;

for (const name of UNCOVERED) {
  Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
}
// A frame made by a cell would bring them back in a realm of its own.
for (const prototype of [HTMLIFrameElement, HTMLFrameElement, HTMLObjectElement, HTMLEmbedElement].map(
  (element) => element.prototype,
)) {
  for (const name of ["contentWindow", "contentDocument"]) {
    Object.defineProperty(prototype, name, { get: () => null, configurable: false });
  }
}

function start(port: MessagePort): void {
  const style = document.createElement("style");
  style.textContent = `${tokens}\n${inputsStyle}\n${frameStyle}`;
  document.head.append(style);
  const post = (message: FrameMessage) => port.postMessage(message);
  const channel = new QueryChannel(post);
  const runner = new CellRunner(document.body, channel, post);
  port.onmessage = ({ data }: MessageEvent<HostMessage>) => {
    if (channel.take(data)) return;
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

/**
 * The program of a report that has JavaScript cells: it gives the sandboxed frame its cells and answers their queries
 * from the rows in the page. It is written into the report as text, so it may use nothing from outside its body.
 */
export function reportScript(): void {
  interface Embedded {
    readonly frame: string;
    readonly programs: readonly { readonly id: number }[];
    readonly answers: readonly {
      readonly cell: number;
      readonly sql: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly result: unknown;
    }[];
  }
  const data = JSON.parse(document.getElementById("spoor-cells")!.textContent!) as Embedded;
  const place = document.getElementById("frame-place")!;
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = "Results of the JavaScript cells";
  frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="require-trusted-types-for 'script'; trusted-types default lit-html"><meta name="color-scheme" content="light dark"><body><${"script"}>${data.frame}</${"script"}>`;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let port: MessagePort | null = null;
  const slots = [...document.querySelectorAll<HTMLElement>("[data-output]")];
  const layout = () => {
    const top = place.getBoundingClientRect().top;
    port?.postMessage({
      kind: "layout",
      slots: slots.map((slot) => ({
        id: Number(slot.dataset.output),
        top: Math.round(slot.getBoundingClientRect().top - top),
        shown: true,
      })),
    });
  };
  const take = ({ data: message }: MessageEvent) => {
    const slot = slots.find(({ dataset }) => Number(dataset.output) === message.id);
    if (message.kind === "height" && slot) {
      slot.style.height = `${Math.min(Number(message.height) || 0, 20000)}px`;
      layout();
    } else if (message.kind === "rejected" && slot) {
      slot.previousElementSibling!.textContent = String(message.message);
    } else if (message.kind === "fulfilled" && slot) {
      slot.previousElementSibling!.textContent = "";
    } else if (message.kind === "ask") {
      refuse(String(message.request));
    } else if (message.kind === "copy") {
      if (navigator.userActivation?.isActive) void navigator.clipboard?.writeText(String(message.text));
    } else if (message.kind === "query") {
      const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
      const answer = data.answers.find(
        ({ sql, parameters }) => sql === message.sql && same(parameters, message.parameters),
      );
      port!.postMessage(
        answer
          ? { kind: "rows", query: message.query, result: answer.result }
          : {
              kind: "failed",
              query: message.query,
              failure: {
                message:
                  "This report holds only the rows of the values it was made with. Open the notebook to ask again.",
                offset: null,
                cancelled: false,
              },
            },
      );
    }
  };
  /** What needs the server is refused in words that say so. */
  const refuse = (request: string) =>
    port!.postMessage({
      kind: "answer",
      request,
      answer: { ok: false, status: 404, message: "This report has no server to ask." },
    });
  addEventListener("message", ({ source, data: message }) => {
    if (source !== frame.contentWindow || message !== "spoor-frame-hello" || port) return;
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = take;
    frame.contentWindow!.postMessage("spoor-frame-connect", "*", [channel.port2]);
    port.postMessage({ kind: "theme", dark: dark.matches });
    port.postMessage({ kind: "define", cells: data.programs });
    layout();
  });
  dark.addEventListener("change", () => port?.postMessage({ kind: "theme", dark: dark.matches }));
  addEventListener("resize", layout);
  place.append(frame);
}

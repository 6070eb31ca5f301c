/**
 * Closes the ways out of the frame that its content policy does not cover, for good and before anything else runs. Peer
 * connections send to any address, and a document of its own would bring them back; a link can have a name looked up. So
 * there are no peer connections, and no refused element can be made: not by name, and not by markup, which all goes
 * through one policy. Cells share this realm: nothing below may look anything up that a cell can replace.
 */
import { isRefusedName, withoutRefusedMarkup } from "./refused-markup.ts";

const REMOVED = [
  "RTCPeerConnection",
  "webkitRTCPeerConnection",
  "RTCDataChannel",
  "RTCSessionDescription",
  "RTCIceCandidate",
  "WebTransport",
  "XSLTProcessor",
] as const;
const { apply } = Reflect;
const { defineProperty } = Object;

type Method = (this: unknown, ...values: unknown[]) => unknown;

function replace<T extends object>(owner: T, name: keyof T & string, around: (made: Method) => Method): void {
  const value = around(owner[name] as Method);
  defineProperty(owner, name, { value, writable: false, configurable: false });
}

/** One reading of a name: an object could read differently the next time. */
function allowed(name: unknown): unknown {
  if (name === null || name === undefined) return name;
  const text = `${name}`;
  return isRefusedName(text) ? "refused-element" : text;
}

for (const name of REMOVED) {
  defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
}
for (const element of [HTMLIFrameElement, HTMLFrameElement, HTMLObjectElement, HTMLEmbedElement]) {
  for (const name of ["contentWindow", "contentDocument"]) {
    defineProperty(element.prototype, name, { get: () => null, configurable: false });
  }
}
replace(
  Document.prototype,
  "createElement",
  (make) =>
    function (name, options) {
      return apply(make, this, [allowed(name), options]);
    },
);
replace(
  Document.prototype,
  "createElementNS",
  (make) =>
    function (space, name, options) {
      return apply(make, this, [space, allowed(name), options]);
    },
);
replace(
  DOMImplementation.prototype,
  "createDocument",
  (make) =>
    function (space, name, doctype) {
      return apply(make, this, [space, allowed(name), doctype ?? null]);
    },
);
// A class made of a refused element, registered under a name of its own, would be one again.
replace(
  CustomElementRegistry.prototype,
  "define",
  (make) =>
    function (name, element, options) {
      const { extends: base } = (options ?? {}) as { readonly extends?: unknown };
      const text = base === undefined ? undefined : `${base}`;
      if (text !== undefined && isRefusedName(text)) throw new TypeError(`${text} cannot be made here.`);
      return apply(make, this, [name, element, text === undefined ? undefined : { extends: text }]);
    },
);
replace(Document.prototype, "execCommand", () => () => false);
interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createHTML(markup: string): string; createScript?(text: string): string },
  ): unknown;
}

// The page asks for trusted types: text becomes markup or a program only by a policy, and the names are used up here.
const { trustedTypes, TrustedTypePolicyFactory } = globalThis as unknown as {
  readonly trustedTypes?: PolicyFactory;
  readonly TrustedTypePolicyFactory?: { readonly prototype: PolicyFactory };
};
if (trustedTypes && TrustedTypePolicyFactory) {
  trustedTypes.createPolicy("default", {
    createHTML: withoutRefusedMarkup,
    createScript: (text) => text,
  });
  // The library of the tables makes a policy of its own: it takes what this one takes.
  replace(
    TrustedTypePolicyFactory.prototype,
    "createPolicy",
    (make) =>
      function (name) {
        return apply(make, this, [name, { createHTML: withoutRefusedMarkup }]);
      },
  );
}

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { ADDRESS_CHANGED, queryValue, setQueryValue } from "../route/navigate.ts";

/** The selected tab, kept in the address as `?tab=`, so that it can be linked to and Back returns to it. */
export class TabInAddress implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #first: string;

  constructor(host: ReactiveControllerHost, first: string) {
    this.#host = host;
    this.#first = first;
    host.addController(this);
  }

  get selected(): string {
    return queryValue("tab") || this.#first;
  }

  select = (key: string): void => {
    setQueryValue("tab", key === this.#first ? "" : key);
    this.#host.requestUpdate();
  };

  hostConnected(): void {
    window.addEventListener(ADDRESS_CHANGED, this.#onAddress);
    window.addEventListener("popstate", this.#onAddress);
  }

  hostDisconnected(): void {
    window.removeEventListener(ADDRESS_CHANGED, this.#onAddress);
    window.removeEventListener("popstate", this.#onAddress);
  }

  #onAddress = (): void => this.#host.requestUpdate();
}

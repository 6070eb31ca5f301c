import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { client } from "../api/browser-client.ts";
import { Loading } from "../element/loading.ts";
import { View } from "../element/view.ts";
import { leaveGuard } from "../route/leave-guard.ts";
import { ADDRESS_CHANGED, internalPath, navigate } from "../route/navigate.ts";
import { type ListPage, parseRoute, type Route } from "../route/route.ts";
import type { CommandPalette } from "./command-palette.ts";
import { renderPage } from "./render-page.ts";
import { applyTheme, currentTheme, nextTheme } from "./theme.ts";

const PLACES: readonly {
  readonly page: ListPage;
  readonly title: string;
  readonly holds: readonly string[];
}[] = [
  { page: "today", title: "Today", holds: [] },
  { page: "sources", title: "Sources", holds: ["source", "onboard"] },
  { page: "hunts", title: "Hunts", holds: ["notebook", "entity"] },
  { page: "rules", title: "Rules", holds: ["rule", "promote", "build"] },
  { page: "alerts", title: "Alerts", holds: ["alert"] },
  { page: "risk", title: "Risk", holds: ["elicit"] },
  { page: "forecasts", title: "Forecasts", holds: [] },
  { page: "owners", title: "Owners", holds: [] },
  { page: "activity", title: "Activity", holds: [] },
];

/** The frame around every page: navigation, the page of the address, the command palette. */
export class Shell extends View {
  #route: Route = parseRoute(location.pathname);
  #address = location.href;
  #session = new Loading(this, (signal) => client.session(signal));

  override connectedCallback(): void {
    super.connectedCallback();
    applyTheme(currentTheme());
    window.addEventListener("popstate", this.#onAddress);
    window.addEventListener(ADDRESS_CHANGED, this.#onAddress);
    window.addEventListener("click", this.#onClick);
    window.addEventListener("beforeunload", this.#onUnload);
    this.#title();
  }

  override disconnectedCallback(): void {
    window.removeEventListener("popstate", this.#onAddress);
    window.removeEventListener(ADDRESS_CHANGED, this.#onAddress);
    window.removeEventListener("click", this.#onClick);
    window.removeEventListener("beforeunload", this.#onUnload);
    super.disconnectedCallback();
  }

  override render(): unknown {
    return html`
      <a class="skip" href="#page" @click=${this.#skip}>Skip to the page</a>
      <nav class="navigation" aria-label="Spoor">
        <a class="brand" href="/today">Spoor</a>
        <button type="button" class="palette-button" @click=${this.#openPalette}>
          <span>Go to</span><kbd>${/Mac/.test(navigator.userAgent) ? "\u2318" : "Ctrl "}K</kbd>
        </button>
        <ul>
          ${PLACES.map((place) => this.#place(place))}
        </ul>
        <div class="navigation-foot">
          ${this.#who()}
          <button type="button" class="theme-button" @click=${this.#toggleTheme}>Theme: ${currentTheme()}</button>
        </div>
      </nav>
      <main id="page" tabindex="-1">${keyed(this.#key(), renderPage(this.#route))}</main>
      <spoor-command-palette></spoor-command-palette>
    `;
  }

  #place(place: (typeof PLACES)[number]): TemplateResult {
    const here = this.#route.page === place.page || place.holds.includes(this.#route.page);
    return html`<li>
      <a href=${`/${place.page}`} aria-current=${here ? "page" : nothing}>${place.title}</a>
    </li>`;
  }

  #who(): TemplateResult {
    const session = this.#session.value;
    if (session !== null) {
      return html`<p class="who" title=${`${session.workspace} · Spoor ${session.version} · DuckDB ${session.engineVersion}`}>
        ${session.user}
      </p>`;
    }
    return html`<p class="who">${this.#session.failure ? "not signed in" : "\u00a0"}</p>`;
  }

  #key(): string {
    if (!("name" in this.#route)) return this.#address;
    const page = this.#route.page === "promote" ? "rule" : this.#route.page;
    return `${page} ${"kind" in this.#route ? `${this.#route.kind} ` : ""}${this.#route.name}`;
  }

  #title(): void {
    const place = PLACES.find(
      ({ page, holds }) => page === this.#route.page || holds.includes(this.#route.page),
    );
    const name = "name" in this.#route ? `${this.#route.name} · ` : "";
    document.title = `${name}${place?.title ?? "Not found"} · Spoor`;
  }

  #onAddress = (): void => {
    const before = this.#route;
    this.#route = parseRoute(location.pathname);
    const samePlace =
      before.page === this.#route.page &&
      ("name" in before ? before.name : "") === ("name" in this.#route ? this.#route.name : "") &&
      ("kind" in before ? before.kind : "") === ("kind" in this.#route ? this.#route.kind : "");
    this.#address = location.href;
    this.#title();
    this.requestUpdate();
    if (samePlace) return;
    window.scrollTo(0, 0);
    void this.updateComplete.then(() =>
      this.querySelector<HTMLElement>("#page")?.focus({ preventScroll: true }),
    );
  };

  #onClick = (event: MouseEvent): void => {
    const path = internalPath(event);
    if (path === null) return;
    event.preventDefault();
    const lost = leaveGuard.lost();
    if (lost !== null && !window.confirm(`${lost} Leave without saving?`)) return;
    navigate(path);
  };

  #onUnload = (event: BeforeUnloadEvent): void => {
    if (leaveGuard.lost() !== null) event.preventDefault();
  };

  #skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>("#page")?.focus();
  };

  #openPalette = (): void => this.querySelector<CommandPalette>("spoor-command-palette")?.open();

  #toggleTheme = (): void => {
    applyTheme(nextTheme(currentTheme()));
    this.requestUpdate();
  };
}

customElements.define("spoor-shell", Shell);

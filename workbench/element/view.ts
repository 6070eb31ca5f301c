import { LitElement } from "lit";

/**
 * Base of every element here: renders into the document itself, so that one style sheet, one focus order and one
 * printout hold for the whole workbench.
 */
export abstract class View extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}

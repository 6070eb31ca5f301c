import { html, nothing } from "lit";
import {
  addressFault,
  parseAdditionalResources,
  proposedResources,
  type Resource,
  renderAdditionalResources,
} from "../../../../../promote/ads/additional-resources.ts";
import {
  type ListSection,
  listSectionParts,
  readListSection,
  withItem,
  withoutItem,
} from "./list-section.ts";
import { line, prose, type SectionForm } from "./section-form.ts";

/** Additional Resources: where to read more. */
export const resourcesForm: SectionForm<ListSection<Resource>> = {
  parse: (body) => readListSection(parseAdditionalResources(body)),
  render: (section) => renderAdditionalResources(listSectionParts(section)),
  form: (section, put, { fields }) => {
    const add = (item: Resource) => put({ ...section, items: [...section.items, item] });
    const proposed = proposedResources(fields?.techniques ?? [], fields?.from ?? null).filter(
      ({ url }) => !section.items.some((item) => item.url === url),
    );
    return html`${section.items.map(
      (item, index) => html`<div class="form-item">
          <div class="form-columns">
            ${line("Title", item.title, (title) => put(withItem(section, index, { title })))}
            ${line("Address", item.url, (url) => put(withItem(section, index, { url })), { placeholder: "https://" })}
          </div>
          <div class="buttons">
            ${addressFault(item.url) === null || item.url === "" ? nothing : html`<span class="notice bad">The address ${addressFault(item.url)}.</span>`}
            <button type="button" class="button small" aria-label=${`Remove ${item.title}`} @click=${() => put(withoutItem(section, index))}>Remove</button>
          </div>
        </div>`,
    )}
      <div class="buttons">
        <span class="muted">Add</span>
        ${proposed.map((item) => html`<button type="button" class="button small" data-proposed @click=${() => add(item)}>${item.title}</button>`)}
        <button type="button" class="button small" @click=${() => add({ title: "", url: "" })}>Another link</button>
      </div>
      ${section.prose === "" ? nothing : prose("Besides", section.prose, (text) => put({ ...section, prose: text }))}`;
  },
};

/** A title as a name for a notebook or a rule: lower case letters, digits and dashes, a letter first. */
export function slug(title: string): string {
  const name = title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 60)
    .replace(/-+$/, "");
  return name === "" ? "untitled" : name;
}

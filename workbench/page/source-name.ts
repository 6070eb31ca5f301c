/** A source's name from a file's: lower case, letters, digits and `_`, without its endings. `Sysmon-1.json.gz` is `sysmon_1`. */
export function suggestSourceName(file: string): string {
  const base = file.split(/[\\/]/).at(-1) ?? "";
  const stem = base.replace(/(\.(gz|zip|tar|tgz|ndjson|jsonl|json|csv|tsv|log|txt|parquet))+$/i, "");
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .replace(/_+$/, "")
    .slice(0, 48);
  return name === "" ? "events" : name;
}

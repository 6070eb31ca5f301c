import type { Family, Shapes } from "../load/intake.ts";
import { KIND, type Shape } from "../load/shape.ts";
import type { EntityField } from "../source/source.ts";

/** What a log can tell a hunter, found by its keys and, where keys alone say too little, by values. */
interface Signal {
  readonly reason: string;
  /** Points out of 100, at most. */
  readonly worth: number;
  /** Every pattern must match some key (the last part of its path). */
  readonly keys: readonly RegExp[];
  /** Some value of a key that matches `of` must match `is`. */
  readonly value?: { readonly of: RegExp; readonly is: RegExp };
  /** Or the rows are of one of these Zeek logs. */
  readonly zeek?: readonly string[];
}

const SIGNALS: readonly Signal[] = [
  {
    reason: "process creation with command lines",
    worth: 45,
    keys: [/^(command_?line|process_?command_?line|cmdline|proctitle|a0)$/i],
  },
  {
    reason: "process access and injection",
    worth: 32,
    keys: [/^granted_?access$|^call_?trace$|^start_?module$/i],
  },
  { reason: "script texts", worth: 34, keys: [/^script_?block_?text$|^host_?application$/i] },
  { reason: "logons", worth: 34, keys: [/^logon_?type$|^logon_?id$|^authentication_?package(name)?$/i] },
  {
    reason: "authentication",
    worth: 30,
    keys: [/^auth_success$|^event_?outcome$|^login_?result$|^signin|^mfa/i],
    zeek: ["ssh", "ntlm", "kerberos", "rdp"],
  },
  {
    reason: "cloud audit: who called which API",
    worth: 42,
    keys: [
      /^event_?source$|^operation_?name$|^method_?name$/i,
      /^user_?identity$|^principal(_?email)?$|^caller$/i,
    ],
  },
  {
    reason: "cloud or service API calls",
    worth: 26,
    keys: [
      /^event ?name$|^operation$/i,
      /^(source ?ip( ?address)?|client_?ip|user_?agent|request user agent)$/i,
    ],
  },
  {
    reason: "DNS queries",
    worth: 32,
    keys: [
      /^query(_?name)?$|^rrname$/i,
      /^(qtype(_name)?|query_?(type|status|results)|rcode(_name)?|answers|rrtype)$/i,
    ],
    zeek: ["dns"],
  },
  {
    reason: "network flows",
    worth: 28,
    keys: [
      /^(id\.orig_h|id_orig_h|src_?ip|source_?(ip|address)|srcaddr)$/i,
      /^(id\.resp_h|id_resp_h|dest?_?ip|destination_?(ip|address)|dstaddr)$/i,
    ],
    zeek: ["conn"],
  },
  { reason: "IDS alerts", worth: 36, keys: [/^(signature|signature_id|alert)$/i], zeek: ["notice", "intel"] },
  {
    reason: "HTTP requests",
    worth: 26,
    keys: [/^(uri|url|http_?url|request_?uri)$/i, /^(method|http_method|status_code|user_agent)$/i],
    zeek: ["http"],
  },
  {
    reason: "TLS sessions",
    worth: 18,
    keys: [/^(ja3|sni|cipher)$/i, /^(version|server_name|established|sni)$/i],
    zeek: ["ssl", "x509"],
  },
  {
    reason: "file hashes",
    worth: 14,
    keys: [/^(hashes|md5|sha1|sha256|file_?hash)$/i],
    zeek: ["files", "pe"],
  },
  {
    reason: "registry changes",
    worth: 22,
    keys: [/^target_?object$|^object_?value_?name$|^registry_?key$/i],
  },
  {
    reason: "services, tasks and persistence",
    worth: 22,
    keys: [/^(service_?name|task_?name|service_?file_?name)$/i],
  },
  { reason: "e-mail", worth: 24, keys: [/^(mailfrom|sender(_?address)?)$/i], zeek: ["smtp"] },
  {
    reason: "Linux audit records",
    worth: 36,
    keys: [/^line$/],
    value: { of: /^line$/, is: /\btype=(SYSCALL|EXECVE|PATH|USER_\w+)\b.*msg=audit\(/ },
  },
  {
    reason: "syslog of sign-ins",
    worth: 30,
    keys: [/./],
    value: { of: /^(line|message|syslogmessage)$/i, is: /sshd\[|sudo:|pam_unix|(accepted|failed) password/i },
  },
];

/** Adds up what was found: the best signal counts whole, each further one for a part, time and entities a little. */
export function evidenceOf(
  shapes: Shapes,
  hasTime: boolean,
  entities: readonly EntityField[],
  rowCount: number,
): { readonly score: number; readonly reasons: readonly string[] } {
  const keys = new Map<string, (string | number)[]>();
  for (const shape of shapes.values()) collect(shape, keys, 0);
  const zeek = [...shapes.keys()].filter((f): f is Family => f.startsWith("zeek:")).map((f) => f.slice(5));
  const hits = SIGNALS.filter((signal) => {
    if (signal.zeek?.some((path) => zeek.includes(path))) return true;
    const names = [...keys.keys()];
    if (!signal.keys.every((pattern) => names.some((name) => pattern.test(name)))) return false;
    const { value } = signal;
    if (!value) return true;
    return names.some((name) => value.of.test(name) && keys.get(name)!.some((v) => value.is.test(String(v))));
  }).sort((a, b) => b.worth - a.worth);
  let score = 0;
  for (const [index, hit] of hits.entries()) score += hit.worth * (index === 0 ? 1 : 0.3 / index);
  const kinds = new Set(entities.map((entity) => entity.kind));
  const reasons = hits.map((hit) => hit.reason);
  score += Math.min(16, kinds.size * 3);
  if (kinds.size > 0) reasons.push(`entities: ${[...kinds].sort().join(", ")}`);
  if (hasTime) score += 8;
  else {
    score *= 0.6;
    reasons.push("no event time found");
  }
  if (rowCount === 0) {
    score = 0;
    reasons.push("no row could be read");
  }
  return { score: Math.round(Math.min(100, score)), reasons };
}

function collect(shape: Shape, keys: Map<string, (string | number)[]>, depth: number): void {
  for (const [key, field] of shape.fields ?? []) {
    const samples = keys.get(key) ?? [];
    samples.push(...field.samples);
    keys.set(key, samples);
    if (field.kinds & KIND.object && depth < 3) collect(field, keys, depth + 1);
  }
}

/** Other log sources, known by the columns that their data have. Browser-safe: data only. */

/** A kind of log that is recognized by its columns. */
export interface KnownLog {
  /** Column paths that must all be there. */
  readonly columns: readonly string[];
  /** Columns that must not be there. */
  readonly without?: readonly string[];
  readonly sources: readonly KnownSource[];
}

export interface KnownSource {
  readonly product?: string;
  readonly category?: string;
  readonly service?: string;
  /** Tests over the data's own columns, any value of each. */
  readonly where?: Readonly<Record<string, readonly (string | number)[]>>;
  /** The rule's field by the column. */
  readonly fields?: Readonly<Record<string, string>>;
}

const ENDPOINTS = { src_ip: "id.orig_h", src_port: "id.orig_p", dst_ip: "id.resp_h", dst_port: "id.resp_p" };
const HTTP = {
  ...ENDPOINTS,
  "c-ip": "id.orig_h",
  "s-ip": "id.resp_h",
  "cs-method": "method",
  "c-uri": "uri",
  "cs-uri": "uri",
  "cs-uri-query": "uri",
  "cs-uri-stem": "uri",
  "c-uri-query": "uri",
  "c-uri-stem": "uri",
  "cs-host": "host",
  "r-dns": "host",
  "c-useragent": "user_agent",
  "cs-user-agent": "user_agent",
  "cs-referer": "referrer",
  "cs-referrer": "referrer",
  "sc-status": "status_code",
};

const zeek = (service: string, ...columns: string[]): KnownLog => ({
  columns,
  sources: [{ product: "zeek", service }],
});

export const KNOWN_LOGS: readonly KnownLog[] = [
  {
    columns: ["eventSource", "eventName", "userIdentity", "awsRegion"],
    sources: [{ product: "aws", service: "cloudtrail" }],
  },
  {
    columns: ["uid", "id.orig_h", "query", "qtype_name"],
    sources: [
      { product: "zeek", service: "dns" },
      { category: "dns", fields: { ...ENDPOINTS, record_type: "qtype_name", answer: "answers" } },
    ],
  },
  {
    columns: ["uid", "id.orig_h", "method", "uri", "status_code"],
    sources: [
      { product: "zeek", service: "http" },
      { category: "proxy", fields: HTTP },
      { category: "webserver", fields: HTTP },
    ],
  },
  {
    columns: ["uid", "id.orig_h", "conn_state", "duration"],
    sources: [
      { product: "zeek", service: "conn" },
      { category: "firewall", fields: ENDPOINTS },
    ],
  },
  zeek("smb_files", "uid", "action", "path", "name"),
  zeek("smb_mapping", "uid", "share_type", "path"),
  zeek("dce_rpc", "uid", "endpoint", "operation"),
  zeek("kerberos", "uid", "request_type", "client", "service"),
  zeek("ntlm", "uid", "username", "domainname"),
  zeek("rdp", "uid", "cookie", "security_protocol"),
  zeek("ssl", "uid", "server_name", "cipher"),
  zeek("ssh", "uid", "auth_success", "client", "server"),
  zeek("files", "fuid", "mime_type", "seen_bytes"),
  zeek("x509", "certificate.subject", "certificate.issuer"),
  {
    columns: ["eventType", "outcome", "actor", "published", "legacyEventType"],
    sources: [
      {
        product: "okta",
        service: "okta",
        fields: { eventtype: "eventType", displaymessage: "displayMessage" },
      },
    ],
  },
  {
    columns: ["protoPayload", "logName", "resource"],
    sources: [
      {
        product: "gcp",
        service: "gcp.audit",
        fields: { "gcp.audit.method_name": "protoPayload.methodName" },
      },
    ],
  },
  {
    columns: ["verb", "objectRef", "auditID"],
    sources: [
      { product: "kubernetes", service: "audit" },
      { product: "kubernetes", category: "application", service: "audit" },
    ],
  },
  {
    columns: ["Workload", "Operation", "RecordType", "UserId"],
    sources: [
      { product: "m365", service: "audit" },
      { product: "m365", service: "exchange", where: { Workload: ["Exchange"] } },
    ],
  },
  {
    columns: ["conditionalAccessStatus", "userPrincipalName", "appDisplayName"],
    sources: [{ product: "azure", service: "signinlogs" }],
  },
  {
    columns: ["activityDisplayName", "initiatedBy", "targetResources"],
    sources: [{ product: "azure", service: "auditlogs" }],
  },
  {
    columns: ["operationName", "resourceId", "correlationId", "category"],
    without: ["conditionalAccessStatus"],
    sources: [{ product: "azure", service: "activitylogs" }],
  },
  {
    columns: ["riskEventType", "riskState", "detectedDateTime"],
    sources: [{ product: "azure", service: "riskdetection" }],
  },
  { columns: ["action", "actor", "org", "_document_id"], sources: [{ product: "github", service: "audit" }] },
  {
    columns: ["auditCategory", "auditCategory", "author", "affectedObjects"],
    sources: [{ product: "bitbucket", service: "audit" }],
  },
  {
    columns: ["node_id", "logtype", "src_host", "dst_port"],
    sources: [{ product: "opencanary", category: "application" }],
  },
  { columns: ["type", "exe", "syscall", "comm"], sources: [{ product: "linux", service: "auditd" }] },
  {
    columns: ["cs-method", "cs-uri-stem", "sc-status"],
    sources: [
      {
        category: "webserver",
        fields: { "c-useragent": "cs(User-Agent)", "cs-user-agent": "cs(User-Agent)" },
      },
      { category: "proxy", fields: { "c-useragent": "cs(User-Agent)", "cs-user-agent": "cs(User-Agent)" } },
    ],
  },
];

/** Generated rows as hunts have them; the same each time. Safe in the browser. */

export type Row = Record<string, unknown>;

const START_MS = Date.UTC(2026, 10, 16);
const HOUR_MS = 3_600_000;

/** Numbers in [0, 1). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_507) + 0x9e37_79b9) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Logons of a week with office hours, a quiet weekend, a stretch without data and one burst. */
export function logons(count = 6000): Row[] {
  const next = dice(7);
  const rows: Row[] = [];
  const users = [
    "a.meyer",
    "b.ngata",
    "svc-backup",
    "c.silva",
    "d.okafor",
    "admin",
    "e.lund",
    "f.rossi",
    "g.kim",
    "h.patel",
  ];
  while (rows.length < count) {
    const at = START_MS + next() * 7 * 24 * HOUR_MS;
    const date = new Date(at);
    const hour = date.getUTCHours();
    const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
    const weight = (hour >= 7 && hour < 18 ? 1 : 0.22) * (weekend ? 0.25 : 1);
    if (next() > weight) continue;
    if (at > START_MS + 57 * HOUR_MS && at < START_MS + 62.5 * HOUR_MS) continue;
    rows.push({
      _time: date,
      Computer: `ws-${String(1 + Math.floor(next() ** 2 * 40)).padStart(2, "0")}`,
      User: users[Math.floor(next() ** 1.7 * users.length)],
      EventID: next() < 0.9 ? 4624 : 4625,
      LogonType: [3, 2, 10, 5][Math.floor(next() ** 2 * 4)],
    });
  }
  for (let index = 0; index < count / 20; index += 1)
    rows.push({
      _time: new Date(START_MS + 99 * HOUR_MS + index * 4000),
      Computer: "dc-01",
      User: "admin",
      EventID: 4625,
      LogonType: 3,
    });
  return rows;
}

/** Process starts on three hosts, with a chain that deserves a look and pids that are used again. */
export function processes(count = 240): Row[] {
  const next = dice(11);
  const rows: Row[] = [];
  const add = (
    host: string,
    at: number,
    pid: number,
    ppid: number,
    image: string,
    line: string,
    user: string,
    parent: string,
  ) =>
    rows.push({
      _time: new Date(at),
      Computer: host,
      ProcessId: pid,
      ParentProcessId: ppid,
      Image: image,
      CommandLine: line,
      User: user,
      ParentImage: parent,
    });
  const system = "C:\\Windows\\System32\\";
  for (const host of ["ws-01", "ws-02", "dc-01"]) {
    const at = START_MS + 8 * HOUR_MS;
    add(host, at, 600, 500, `${system}services.exe`, "services.exe", "SYSTEM", `${system}wininit.exe`);
    for (let index = 0; index < 4; index += 1)
      add(
        host,
        at + 1000 * index,
        700 + index * 4,
        600,
        `${system}svchost.exe`,
        `svchost.exe -k netsvcs -p -s Service${index}`,
        "SYSTEM",
        `${system}services.exe`,
      );
    add(
      host,
      at + 60_000,
      2000,
      1990,
      "C:\\Windows\\explorer.exe",
      "explorer.exe",
      "CORP\\a.meyer",
      `${system}userinit.exe`,
    );
    for (let index = 0; index < count / 12; index += 1) {
      const pid = 3000 + (index % 9) * 4;
      add(
        host,
        at + 120_000 + index * 90_000,
        pid,
        next() < 0.6 ? 2000 : 700,
        next() < 0.5 ? "C:\\Program Files\\App\\app.exe" : `${system}conhost.exe`,
        `app.exe --profile ${index} --trace ${Math.floor(next() * 1e6)}`,
        "CORP\\a.meyer",
        "",
      );
    }
  }
  const at = START_MS + 9.5 * HOUR_MS;
  const encoded =
    "powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA";
  add(
    "ws-01",
    at,
    4100,
    2000,
    "C:\\Program Files\\Microsoft Office\\WINWORD.EXE",
    '"WINWORD.EXE" /n "C:\\Users\\a.meyer\\Downloads\\invoice <img src=x onerror=alert(1)>.docm"',
    "CORP\\a.meyer",
    "C:\\Windows\\explorer.exe",
  );
  add("ws-01", at + 9000, 4200, 4100, `${system}cmd.exe`, `cmd.exe /c ${encoded}`, "CORP\\a.meyer", "");
  add(
    "ws-01",
    at + 9400,
    4300,
    4200,
    `${system}WindowsPowerShell\\v1.0\\powershell.exe`,
    encoded,
    "CORP\\a.meyer",
    "",
  );
  add("ws-01", at + 15_000, 4400, 4300, `${system}whoami.exe`, "whoami /all", "CORP\\a.meyer", "");
  add(
    "ws-01",
    at + 17_000,
    4500,
    4300,
    `${system}rundll32.exe`,
    "rundll32.exe C:\\windows\\System32\\comsvcs.dll, MiniDump 624 C:\\temp\\l.dmp full",
    "CORP\\a.meyer",
    "",
  );
  return rows;
}

/** Connections: many clients to few servers, a scanner, and a beacon every 300 s with a little jitter. */
export function connections(count = 5000): Row[] {
  const next = dice(23);
  const rows: Row[] = [];
  const servers = [
    "10.0.0.5",
    "10.0.0.10",
    "10.0.0.20",
    "192.168.1.7",
    "93.184.216.34",
    "151.101.1.69",
    "8.8.8.8",
    "2606:2800:220:1::10",
  ];
  for (let index = 0; index < count; index += 1) {
    const seconds = Math.exp(next() * 9 - 4);
    rows.push({
      _time: new Date(START_MS + next() * 24 * HOUR_MS),
      id_orig_h: `10.1.${Math.floor(next() ** 2 * 3)}.${1 + Math.floor(next() ** 2 * 40)}`,
      id_resp_h: servers[Math.floor(next() ** 2 * servers.length)],
      id_resp_p: [443, 53, 80, 445, 22][Math.floor(next() ** 2 * 5)],
      proto: next() < 0.8 ? "tcp" : "udp",
      service: [null, "ssl", "dns", "http", "smb"][Math.floor(next() ** 1.3 * 5)],
      duration: next() < 0.05 ? 0 : Number(seconds.toFixed(4)),
      orig_bytes: Math.floor(Math.exp(next() * 8 + Math.log1p(seconds))),
    });
  }
  for (let index = 0; index < 254; index += 1)
    rows.push({
      _time: new Date(START_MS + 3 * HOUR_MS + index * 900),
      id_orig_h: "10.1.0.66",
      id_resp_h: `10.2.0.${index + 1}`,
      id_resp_p: 445,
      proto: "tcp",
      service: null,
      duration: 0.003,
      orig_bytes: 0,
    });
  for (let index = 0; index < 260; index += 1)
    rows.push({
      _time: new Date(START_MS + index * 300_000 + next() * 9000),
      id_orig_h: "10.1.2.13",
      id_resp_h: "185.220.101.4",
      id_resp_p: 443,
      proto: "tcp",
      service: "ssl",
      duration: 0.4 + next() * 0.1,
      orig_bytes: 512 + Math.floor(next() * 40),
    });
  return rows;
}

/** Who owns which addresses. */
export function owners(): Row[] {
  return [
    { cidr: "93.184.0.0/16", country: "US", asn: 15133, owner: "Edgecast" },
    { cidr: "151.101.0.0/16", country: "US", asn: 54113, owner: "Fastly" },
    { cidr: "8.8.8.0/24", country: "US", asn: 15169, owner: "Google" },
    { cidr: "8.0.0.0/9", country: "US", asn: 3356, owner: "Level 3" },
    { cidr: "185.220.100.0/22", country: "DE", asn: 60729, owner: "<b>Relay</b> operators" },
    { cidr: "2606:2800::/32", country: "US", asn: 15133, owner: "Edgecast" },
    { cidr: "10.0.0.0/24", country: "–", asn: null, owner: "Our servers" },
  ];
}

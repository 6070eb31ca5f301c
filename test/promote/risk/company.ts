/** A small company's model file, in the documented format: six sources, three scenarios. */
export const COMPANY_MODEL = `
settings:
  analystUsdPerHour: 95
  appetite: { usd: 2000000, probability: 0.05 }
scenarios:
  - id: ransomware
    title: Ransomware through a phished laptop
    frequency: { interval: [0.05, 0.5], origin: elicited, author: dana, date: 2026-10-01 }
    magnitude: { interval: [500000, 8000000], cap: 20000000, origin: elicited, author: dana, date: 2026-10-01 }
    irCostUsd: 40000
    damage: [[0, 0], [1, 0.05], [3, 0.25], [10, 1]]
    responseDays: { interval: [0.1, 2] }
    steps:
      - { name: initial access, days: 0.5, q: 0.9, techniques: { T1566: 0.6, T1133: 0.4 } }
      - { name: command and control, days: 1, q: 0.9, techniques: { T1071: 1 } }
      - { name: lateral movement, days: 1.5, q: 0.95, techniques: { T1021: 0.7, T1550: 0.3 } }
      - { name: impact, days: 1, techniques: { T1490: 1 } }
  - id: saas-theft
    title: Theft from a cloud service
    frequency: { interval: [0.1, 0.8] }
    magnitude: { interval: [100000, 3000000] }
    irCostUsd: 25000
    damage: [[0, 0], [0.5, 0.1], [5, 0.6], [30, 1]]
    steps:
      - { name: session hijack, days: 0.25, techniques: { T1539: 1 } }
      - { name: bulk access, days: 4, techniques: { T1530: 1 } }
  - id: insider
    title: An insider takes the customer list
    magnitude: { interval: [50000, 900000] }
    irCostUsd: 15000
    damage: [[0, 0], [20, 0.5], [90, 1]]
    steps:
      - { name: collection, days: 10, techniques: [[T1005, 0.5], [T1530, 0.5]] }
      - { name: exfiltration, days: 2, techniques: { T1048: 1 } }
sources:
  - id: sysmon
    title: Process creation
    coverage:
      ransomware: { beta: [25.5, 4.5], origin: measured, evidence: 30, date: 2026-11-01 }
      insider: 0.6
  - id: dns
    title: DNS queries
    costUsdPerYear: 60000
    coverage: { ransomware: { interval: [0.8, 0.99] }, saas-theft: { interval: [0.1, 0.5] }, insider: { interval: [0.4, 0.9] } }
  - id: auth
    title: Authentication
    costUsdPerYear: 45000
    coverage: { ransomware: { interval: [0.8, 0.97] }, saas-theft: { interval: [0.9, 0.999] } }
  - id: flow
    title: Network flows
    costUsdPerYear: 80000
    coverage: { ransomware: { interval: [0.5, 0.9] }, insider: { interval: [0.4, 0.8] } }
    constraints: [Needed for investigation.]
  - id: cloudtrail
    title: Cloud audit
    costUsdPerYear: 12000
    coverage: { saas-theft: { interval: [0.9, 0.999] }, insider: 0.5 }
  - id: proxy
    title: Web proxy
    status: candidate
    costUsdPerYear: 70000
    coverage: { ransomware: { interval: [0.5, 0.95] }, insider: { interval: [0.5, 0.95] } }
detections:
  - { id: c2-process, requires: [sysmon], targets: [T1071], p: { interval: [0.15, 0.6] }, h: 0.9, lagDays: 0.02, alertsPerYear: 400, triageMinutes: 12 }
  - { id: lateral-process, requires: [sysmon], targets: [T1021, T1550], p: { interval: [0.2, 0.7] }, h: 0.9, lagDays: 0.02, alertsPerYear: 250, triageMinutes: 18 }
  - { id: impact-process, requires: [sysmon], targets: [T1490], p: { interval: [0.5, 0.95] }, h: 0.95, lagDays: 0.01, alertsPerYear: 30, triageMinutes: 15 }
  - { id: c2-dns, requires: [dns], targets: [T1071], p: { interval: [0.1, 0.6] }, h: 0.8, lagDays: 0.1, alertsPerYear: 600 }
  - { id: dns-hunt, kind: hunt, requires: [dns], targets: [T1071, T1048], p: { interval: [0.3, 0.8] }, h: 1, lagDays: 0.5, cadenceDays: 14, alertsPerYear: 26, triageMinutes: 180 }
  - { id: odd-logon, requires: [auth], targets: [T1133, T1539], h: 0.85, lagDays: 0.05, alertsPerYear: 500, triageMinutes: 8 }
  - { id: bulk-download, requires: [cloudtrail], targets: [T1530], p: { interval: [0.3, 0.8] }, lagDays: 0.5, alertsPerYear: 120, triageMinutes: 20, precision: { beta: [4, 36] } }
  - { id: pass-the-hash, requires: [sysmon, auth], targets: [T1550, T1021], p: { interval: [0.15, 0.7] }, h: 0.95, lagDays: 0.05, alertsPerYear: 60, triageMinutes: 25 }
  - { id: large-upload, requires: [flow], targets: [T1048], p: { interval: [0.2, 0.7] }, lagDays: 0.1, alertsPerYear: 300 }
  - { id: beacon-proxy, requires: [proxy], targets: [T1071], p: { interval: [0.2, 0.8] }, lagDays: 0.1, alertsPerYear: 200 }
measurements:
  - { input: "coverage:sysmon/ransomware", usd: 1500, how: host inventory }
  - { input: "p:beacon-proxy", usd: 4000, how: ten beacons in a trial }
`;

import type { Company, Machine } from "./company.ts";
import { createRandom, windowsGuid } from "./random.ts";
import { DAY_MS, DAYS, HOUR_MS } from "./rhythm.ts";
import { dayStamps } from "./stamp.ts";
import {
  encodedCommand,
  escapeJson,
  otherLine,
  POWERSHELL,
  processLine,
  SERVICES,
  SYSTEM_IDENTITY,
  standingParent,
} from "./sysmon.ts";

/** A harmless line at a time, milliseconds since the epoch. */
export interface AdminLine {
  readonly timeMs: number;
  readonly text: string;
}

const SCRIPTS: readonly string[] = [
  "Get-CimInstance Win32_LogicalDisk | Export-Csv C:\\ProgramData\\Tallow\\disk.csv",
  "Get-HotFix | Export-Csv C:\\ProgramData\\Tallow\\patches.csv",
  "Get-LocalGroupMember Administrators | Export-Csv C:\\ProgramData\\Tallow\\admins.csv",
];

/** What one push of the management tool leaves: a service's registry value and its encoded child. */
function push(machine: Machine, timeMs: number, service: string, script: string, guid: string): AdminLine[] {
  const midnight = Math.floor(timeMs / DAY_MS) * DAY_MS;
  const stamps = dayStamps(midnight);
  const commandLine = `powershell.exe -NoProfile -NonInteractive -EncodedCommand ${encodedCommand(script)}`;
  return [
    {
      timeMs,
      text: otherLine(
        13,
        stamps.date,
        stamps.clock(timeMs - midnight),
        machine.hostname,
        { ...machine.standing.services, image: SERVICES.image, user: SYSTEM_IDENTITY.user },
        `"EventType":"SetValue","TargetObject":"${escapeJson(`HKLM\\System\\CurrentControlSet\\Services\\${service}\\ImagePath`)}","Details":"${escapeJson(commandLine)}"`,
      ),
    },
    {
      timeMs: timeMs + 300,
      text: processLine({
        date: stamps.date,
        clock: stamps.clock(timeMs + 300 - midnight),
        hostname: machine.hostname,
        guid,
        id: String(4 * (700 + (timeMs % 3000))),
        program: POWERSHELL,
        commandLine: escapeJson(commandLine),
        directory: escapeJson("C:\\Windows\\system32\\"),
        identity: SYSTEM_IDENTITY,
        parent: standingParent(machine, "services"),
      }),
    },
  ];
}

/**
 * The noise that looks like the attack: a management tool pushes three encoded scripts as services to every server,
 * every night, and an upgrade does it once to the build server alone.
 */
export function adminScriptLines(seed: number, company: Company, weekStartMs: number): AdminLine[] {
  const random = createRandom(`admin-script/${seed}/${weekStartMs}`);
  const lines: AdminLine[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (const machine of company.servers) {
      for (const script of SCRIPTS) {
        const timeMs = weekStartMs + day * DAY_MS + HOUR_MS + random.below(2 * HOUR_MS);
        lines.push(...push(machine, timeMs, "TallowPush", script, windowsGuid(random)));
      }
    }
  }
  const upgradeMs = weekStartMs + DAY_MS + 10 * HOUR_MS + random.below(HOUR_MS);
  lines.push(
    ...push(
      company.server("BUILD01"),
      upgradeMs,
      "BuildAgentUpgrade",
      "Start-Process msiexec.exe -ArgumentList '/i C:\\ProgramData\\Tallow\\build-agent-4.2.msi /qn' -Wait",
      windowsGuid(random),
    ),
  );
  return lines;
}

import type { Condition, ConditionOperator } from "../../../promote/rule/condition/condition.ts";
import type { ConditionColumn } from "../../../promote/rule/condition/field.ts";
import { conditionSql } from "../../../promote/rule/condition/sql.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { testRule } from "../../promote/run/rules.ts";
import { draws } from "./sysmon-events.ts";

const TOOLS = [
  "mimikatz",
  "procdump",
  "psexec",
  "rubeus",
  "adfind",
  "nanodump",
  "lazagne",
  "sharphound",
  "certutil",
  "bitsadmin",
  "regsvr32",
  "mshta",
  "wmic",
  "cscript",
  "schtasks",
  "vssadmin",
  "wevtutil",
  "ntdsutil",
  "esentutl",
  "rundll32",
  "powershell",
  "cmd",
  "msbuild",
  "installutil",
  "whoami",
  "nltest",
  "dsquery",
  "net1",
  "reg",
  "sc",
];
const PHRASES = [
  "sekurlsa::",
  "comsvcs.dll,minidump",
  "-enc ",
  "downloadstring",
  "frombase64string",
  "delete shadows",
  "/transfer",
  "-urlcache",
  "scrobj.dll",
  "javascript:",
  "invoke-",
  "hklm\\sam",
  "lsass",
  "/create /tn",
  "bypass",
  "-nop ",
  "hidden",
  "add-mppreference",
  "disablerealtimemonitoring",
  "reverse",
  "/node:",
  "process call create",
  "user /add",
  "ntds.dit",
  "wdigest",
  "uselogoncredential",
  "amsiutils",
  "virtualalloc",
  "iex(",
  "http://",
];
const PARENTS = [
  "winword.exe",
  "excel.exe",
  "outlook.exe",
  "w3wp.exe",
  "sqlservr.exe",
  "wmiprvse.exe",
  "mshta.exe",
];

function test(
  field: string,
  operator: ConditionOperator,
  values: readonly (string | number)[],
  every = false,
): Condition {
  return { kind: "test", field, operator, values, everyValue: every, caseSensitive: false };
}

/** A condition as Sigma's rules for Windows have them: a kind of event, lists of texts, any or all of them, filters. */
function condition(number: number): Condition {
  const draw = draws(90_000 + number);
  const tool = () => TOOLS[draw(TOOLS.length)]!;
  const phrase = () => PHRASES[draw(PHRASES.length)]!;
  const rare = `${phrase()}${number}`;
  const of: Condition[] = [test("EventID", "is", [[1, 1, 1, 3, 7, 11, 13, 22][number % 8]!])];
  switch (number % 8) {
    case 0:
      of.push(
        test("Image", "ends-with", [`\\${tool()}.exe`, `\\${tool()}64.exe`]),
        test("CommandLine", "contains", [rare]),
      );
      break;
    case 1:
      of.push(
        {
          kind: "any",
          of: [
            test("Image", "ends-with", [`\\${tool()}.exe`]),
            test("OriginalFileName", "is", [`${tool()}.exe`]),
          ],
        },
        test("CommandLine", "contains", [phrase(), phrase(), phrase()]),
      );
      break;
    case 2:
      of.push(
        test(
          "ParentImage",
          "ends-with",
          PARENTS.map((name) => `\\${name}`),
        ),
        test("Image", "ends-with", [`\\${tool()}.exe`, `\\${tool()}.exe`, `\\${tool()}.exe`]),
        test("CommandLine", "contains", [phrase()]),
        { kind: "not", of: test("CommandLine", "contains", ["inventory.ps1", rare]) },
      );
      break;
    case 3:
      of.push(
        test("DestinationPort", "is", [draw(2) === 0 ? 4444 : 8443, 1024 + draw(50_000)]),
        test("Image", "ends-with", [`\\${tool()}.exe`]),
        { kind: "not", of: test("DestinationIp", "starts-with", ["10.", "192.168.", "127."]) },
      );
      break;
    case 4:
      of.push(
        test("ImageLoaded", "ends-with", [`\\${tool()}.dll`, "\\dbgcore.dll", "\\samlib.dll"]),
        test("Signed", "is", ["false"]),
      );
      of.push({
        kind: "not",
        of: test("Image", "starts-with", ["C:\\Windows\\System32\\", "C:\\Program Files\\"]),
      });
      break;
    case 5:
      of.push(
        test("TargetFilename", "contains", [`\\${tool()}`, `\\temp\\${rare}`]),
        test("TargetFilename", "ends-with", [".exe", ".dll", ".ps1"]),
      );
      break;
    case 6:
      of.push(test("TargetObject", "contains", ["\\CurrentVersion\\Run\\", "\\Policies\\"]));
      of.push(test("Details", "contains", [rare, phrase(), tool()]));
      break;
    default:
      of.push({
        kind: "any",
        of: [
          test("QueryName", "contains", [`${tool()}${number}`, `.${phrase()}`]),
          test("QueryName", "ends-with", [".onion", `.${rare}.top`]),
        ],
      });
  }
  if (number % 16 === 8) of.push(test("CommandLine", "contains", [phrase(), phrase()], true));
  return { kind: "all", of };
}

/** Rules as Sigma's become: two-valued SQL over one dataset. */
export function sysmonRules(count: number, dataset: string, columns: readonly ConditionColumn[]): Rule[] {
  return Array.from({ length: count }, (_, number) => {
    const { where } = conditionSql(condition(number), columns);
    const fields = number % 3 === 0 ? "*" : `_time, "Computer", "User", "Image", "CommandLine"`;
    return testRule({
      name: `sysmon-${number}`,
      sql: `SELECT ${fields} FROM "${dataset}" WHERE ${where}`,
      entities: [{ column: "Computer", kind: "host" }],
    });
  });
}

/** What Sigma's log sources of Windows are: channels of services, event ids of categories. Browser-safe: data only. */

const M = "Microsoft-Windows-";

/** Channels by service, compared without regard to case. */
export const WINDOWS_SERVICES: Readonly<Record<string, readonly string[]>> = {
  application: ["Application"],
  "application-experience": [
    `${M}Application-Experience/Program-Telemetry`,
    `${M}Application-Experience/Program-Compatibility-Assistant`,
  ],
  applocker: ["EXE and DLL", "MSI and Script", "Packaged app-Deployment", "Packaged app-Execution"].map(
    (log) => `${M}AppLocker/${log}`,
  ),
  "appmodel-runtime": [`${M}AppModel-Runtime/Admin`],
  "appxdeployment-server": [`${M}AppXDeploymentServer/Operational`],
  "appxpackaging-om": [`${M}AppxPackaging/Operational`],
  bitlocker: [`${M}BitLocker/BitLocker Management`],
  "bits-client": [`${M}Bits-Client/Operational`],
  capi2: [`${M}CAPI2/Operational`],
  "certificateservicesclient-lifecycle-system": [
    `${M}CertificateServicesClient-Lifecycle-System/Operational`,
  ],
  "codeintegrity-operational": [`${M}CodeIntegrity/Operational`],
  dhcp: [`${M}DHCP-Server/Operational`, "DhcpAdminEvents"],
  "diagnosis-scripted": [`${M}Diagnosis-Scripted/Operational`],
  "dns-client": [`${M}DNS Client Events/Operational`, `${M}DNS-Client/Operational`],
  "dns-server": ["DNS Server"],
  "dns-server-analytic": [`${M}DNS-Server/Analytical`],
  "driver-framework": [`${M}DriverFrameworks-UserMode/Operational`],
  "firewall-as": [`${M}Windows Firewall With Advanced Security/Firewall`],
  "hyper-v-worker": [`${M}Hyper-V-Worker`, `${M}Hyper-V-Worker-Admin`],
  "iis-configuration": ["Microsoft-IIS-Configuration/Operational"],
  "kernel-event-tracing": [`${M}Kernel-EventTracing`, `${M}Kernel-EventTracing/Admin`],
  "kernel-shimengine": [`${M}Kernel-ShimEngine/Operational`, `${M}Kernel-ShimEngine/Diagnostic`],
  ldap: [`${M}LDAP-Client/Debug`],
  "lsa-server": [`${M}LSA/Operational`],
  "microsoft-servicebus-client": [
    "Microsoft-ServiceBus-Client",
    "Microsoft-ServiceBus-Client/Admin",
    "Microsoft-ServiceBus-Client/Operational",
  ],
  "msexchange-management": ["MSExchange Management"],
  ntfs: [`${M}Ntfs/Operational`],
  ntlm: [`${M}NTLM/Operational`],
  openssh: ["OpenSSH/Operational"],
  powershell: [`${M}PowerShell/Operational`, "PowerShellCore/Operational"],
  "powershell-classic": ["Windows PowerShell"],
  "printservice-admin": [`${M}PrintService/Admin`],
  "printservice-operational": [`${M}PrintService/Operational`],
  security: ["Security"],
  "security-mitigations": [`${M}Security-Mitigations/Kernel Mode`, `${M}Security-Mitigations/User Mode`],
  sense: [`${M}SENSE/Operational`],
  "servicebus-client": ["Microsoft-ServiceBus-Client/Admin", "Microsoft-ServiceBus-Client/Operational"],
  "shell-core": [`${M}Shell-Core/Operational`],
  "smbclient-connectivity": [`${M}SmbClient/Connectivity`],
  "smbclient-security": [`${M}SmbClient/Security`],
  "smbserver-connectivity": [`${M}SMBServer/Connectivity`],
  sysmon: [`${M}Sysmon/Operational`],
  system: ["System"],
  taskscheduler: [`${M}TaskScheduler/Operational`],
  "terminalservices-localsessionmanager": [`${M}TerminalServices-LocalSessionManager/Operational`],
  vhdmp: [`${M}VHDMP/Operational`],
  windefend: [`${M}Windows Defender/Operational`],
  wmi: [`${M}WMI-Activity/Operational`],
};

/** One way in which Windows logs a category. */
export interface WindowsCategory {
  readonly service: string;
  readonly eventIds: readonly number[];
  /** Further tests, any value of each field. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
  /** The rule's field by the event's. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What the event has where a rule says the key, by the rule's field. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const sysmon = (...eventIds: number[]): WindowsCategory[] => [{ service: "sysmon", eventIds }];

const INTEGRITY = {
  untrusted: "S-1-16-0",
  low: "S-1-16-4096",
  medium: "S-1-16-8192",
  high: "S-1-16-12288",
  system: "S-1-16-16384",
};

export const WINDOWS_CATEGORIES: Readonly<Record<string, readonly WindowsCategory[]>> = {
  antivirus: [
    {
      service: "windefend",
      eventIds: [1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116, 1117],
      fields: { Signature: "ThreatName", Filename: "Path" },
    },
  ],
  clipboard_change: sysmon(24),
  create_remote_thread: sysmon(8),
  create_stream_hash: sysmon(15),
  dns_query: sysmon(22),
  driver_load: sysmon(6),
  file_access: [{ service: "kernel-file", eventIds: [12] }],
  file_block_executable: sysmon(27),
  file_block_shredding: sysmon(28),
  file_change: sysmon(2),
  file_delete: sysmon(23, 26),
  file_delete_detected: sysmon(26),
  file_event: sysmon(11),
  file_executable_detected: sysmon(29),
  file_rename: [{ service: "kernel-file", eventIds: [19] }],
  image_load: sysmon(7),
  network_connection: sysmon(3),
  pipe_created: sysmon(17, 18),
  process_access: sysmon(10),
  process_creation: [
    ...sysmon(1),
    {
      service: "security",
      eventIds: [4688],
      fields: {
        Image: "NewProcessName",
        ParentImage: "ParentProcessName",
        ProcessId: "NewProcessId",
        ParentProcessId: "ProcessId",
        User: "SubjectUserName",
        LogonId: "SubjectLogonId",
        IntegrityLevel: "MandatoryLabel",
      },
      values: { IntegrityLevel: INTEGRITY },
    },
  ],
  process_tampering: sysmon(25),
  process_termination: sysmon(5),
  ps_classic_provider_start: [{ service: "powershell-classic", eventIds: [600] }],
  ps_classic_script: [{ service: "powershell-classic", eventIds: [800] }],
  ps_classic_start: [{ service: "powershell-classic", eventIds: [400] }],
  ps_module: [{ service: "powershell", eventIds: [4103] }],
  ps_script: [{ service: "powershell", eventIds: [4104] }],
  raw_access_thread: sysmon(9),
  registry_add: [{ service: "sysmon", eventIds: [12], where: { EventType: ["CreateKey"] } }],
  registry_delete: [
    { service: "sysmon", eventIds: [12], where: { EventType: ["DeleteKey", "DeleteValue"] } },
  ],
  registry_event: sysmon(12, 13, 14),
  registry_rename: sysmon(14),
  registry_set: sysmon(13),
  sysmon_error: sysmon(255),
  sysmon_status: sysmon(4, 16),
  wmi_event: sysmon(19, 20, 21),
};

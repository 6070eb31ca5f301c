/**
 * Every difference between our hits on Mordor and those of another evaluator (a throw-away one, no oracle) over its 59 files,
 * each with the reason.
 */
export interface Judgement {
  readonly reason: string;
  /** Of rules with this in their path the other evaluator names none in any file; the reason rests on it. */
  readonly unnamed?: string;
  /** All that ours has more are process creations of the Security channel (4688); the reason rests on it. */
  readonly moreIsSecurity?: true;
  /** Hits of ours and of theirs, by the rule's path and the name of the file. */
  readonly differences: Readonly<
    Record<string, Readonly<Record<string, readonly [ours: number, theirs: number]>>>
  >;
}

export const JUDGED: readonly Judgement[] = [
  {
    reason:
      "Ours: the other evaluator was run without the folder `rules-threat-hunting`; it names no rule of it. A count of these rules over the raw lines, without the product's code, gives the same figures.",
    unnamed: "rules-threat-hunting/",
    differences: {
      "rules-threat-hunting/windows/builtin/firewall_as/win_firewall_as_change_rule.yml": {
        "empire_enable_rdp_2019-05-18203650": [6, 0],
      },
      "rules-threat-hunting/windows/builtin/security/win_security_scheduled_task_deletion.yml": {
        psh_metasploit_stop_netprofm_eventlog_before_reboot: [1, 0],
      },
      "rules-threat-hunting/windows/create_remote_thread/create_remote_thread_win_loadlibrary.yml": {
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [1, 0],
      },
      "rules-threat-hunting/windows/create_remote_thread/create_remote_thread_win_powershell_generic.yml": {
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [1, 0],
      },
      "rules-threat-hunting/windows/file/file_event/file_event_win_dump_file_creation.yml": {
        empire_ninjacopy_dumping_ntds_dit_file: [1, 0],
        "psh_lsass_memory_dump_comsvcs_2020-10-18T19500924": [1, 0],
      },
      "rules-threat-hunting/windows/file/file_event/file_event_win_scheduled_task_creation.yml": {
        "empire_schtasks_creation_standard_user_2020-09-21031526": [1, 0],
      },
      "rules-threat-hunting/windows/image_load/image_load_dll_bitsproxy_load_by_uncommon_process.yml": {
        "cmd_bitsadmin_download_psh_script_2020-10-2302365189": [1, 0],
        "empire_wdigest_downgrade_2019-05-18201922": [1, 0],
        psh_metasploit_stop_netprofm_eventlog_before_reboot: [2, 0],
      },
      "rules-threat-hunting/windows/image_load/image_load_dll_dbghelp_dbgcore_susp_load.yml": {
        "psh_lsass_memory_dump_comsvcs_2020-10-18T19500924": [2, 0],
      },
      "rules-threat-hunting/windows/image_load/image_load_dll_system_drawing_load.yml": {
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [1, 0],
      },
      "rules-threat-hunting/windows/image_load/image_load_wmi_module_load_by_uncommon_process.yml": {
        "cmd_seatbelt_group_user_2020-11-0216391814": [6, 0],
        "covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers_2020-09-01214330": [6, 0],
        "empire_scm_dll_hijack_ikeext_2019-04-03133337": [1, 0],
      },
      "rules-threat-hunting/windows/powershell/powershell_script/posh_ps_token_obfuscation.yml": {
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [1, 0],
      },
      "rules-threat-hunting/windows/process_access/proc_access_win_lsass_powershell_access.yml": {
        "empire_mimikatz_logonpasswords_2020-08-07103224": [1, 0],
        "empire_mimikatz_opth_2019-03-19131123": [2, 0],
        "empire_mimikatz_sam_access_2020-09-22041117": [1478, 0],
        "empire_over_pth_patch_lsass_2020-09-21221336": [2, 0],
        "empire_powerdump_sam_access_2020-09-22042230": [1, 0],
      },
      "rules-threat-hunting/windows/process_access/proc_access_win_lsass_uncommon_access_flag.yml": {
        "covenant_wmi_wbemcomn_dll_hijack_2020-10-09173318": [1, 0],
      },
      "rules-threat-hunting/windows/process_access/proc_access_win_susp_potential_shellcode_injection.yml": {
        "covenant_psremoting_command_2020-08-06115603": [115, 0],
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [1, 0],
        "empire_powerdump_sam_access_2020-09-22042230": [1, 0],
      },
      "rules-threat-hunting/windows/process_creation/proc_creation_win_net_execution.yml": {
        "empire_scm_dll_hijack_ikeext_2019-04-03133337": [4, 0],
        "empire_shell_net_localgroup_administrators_2020-09-21191843": [4, 0],
        "empire_shell_rpc_samr_smb_group_domain_admins_standard_user_2020-09-21040850": [4, 0],
        "empire_shell_samr_EnumDomainUsers_2020-09-21193527": [4, 0],
        "empire_wmic_add_user_backdoor_2020-09-14080546": [4, 0],
      },
      "rules-threat-hunting/windows/process_creation/proc_creation_win_powershell_abnormal_commandline_size.yml":
        {
          "empire_invoke_runas_2019-05-18204300": [2, 0],
          "empire_launcher_vbs_2020-09-04160940": [2, 0],
          empire_ninjacopy_dumping_ntds_dit_file: [2, 0],
          "empire_psremoting_stager_2020-09-20170827": [2, 0],
        },
      "rules-threat-hunting/windows/process_creation/proc_creation_win_powershell_susp_child_processes.yml": {
        "empire_schtasks_creation_standard_user_2020-09-21031526": [2, 0],
        "psh_hh_local_html_payload_2020-10-2200214526": [2, 0],
        "psh_lsass_memory_dump_comsvcs_2020-10-18T19500924": [2, 0],
        "psh_mshta_html_application_execution_2020-10-2203521411": [2, 0],
      },
      "rules-threat-hunting/windows/process_creation/proc_creation_win_rundll32_by_ordinal.yml": {
        "psh_control_panel_execution_2020-10-2201312134": [2, 0],
      },
      "rules-threat-hunting/windows/process_creation/proc_creation_win_sc_query.yml": {
        "covenant_sc_query_dcerpc_smb_svcctl_2020-08-05034820": [1, 0],
        "empire_shell_dcerpc_smb_service_dll_hijack_2020-09-21232839": [1, 0],
      },
      "rules-threat-hunting/windows/process_creation/proc_creation_win_susp_elevated_system_shell.yml": {
        "covenant_sharpsc_stop_dcerpc_smb_svcctl_2020-08-06031938": [1, 0],
        "covenant_wmi_wbemcomn_dll_hijack_2020-10-09173318": [1, 0],
        "msf_record_mic_2020-06-09225055": [1, 0],
      },
      "rules-threat-hunting/windows/registry/registry_event/registry_event_scheduled_task_creation.yml": {
        "covenant_psremoting_command_2020-08-06115603": [6, 0],
        "covenant_sharpsc_create_dcerpc_smb_svcctl_2020-08-06022635": [10, 0],
        "covenant_sharpsc_stop_dcerpc_smb_svcctl_2020-08-06031938": [21, 0],
        "covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers_2020-09-01214330": [4, 0],
        "covenant_wmi_wbemcomn_dll_hijack_2020-10-09173318": [14, 0],
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [35, 0],
        "empire_getsession_dcerpc_smb_srvsvc_NetSessEnum_2020-09-22034513": [4, 0],
        "empire_mimikatz_extract_keys_2020-09-22033608": [32, 0],
        "empire_mimikatz_lsadump_inject_protected_mode_2020-08-07110411": [10, 0],
        "empire_mimikatz_sam_access_2020-09-22041117": [4, 0],
        empire_ninjacopy_dumping_ntds_dit_file: [4, 0],
        "empire_over_pth_patch_lsass_2020-09-21221336": [11, 0],
        "empire_powerdump_sam_access_2020-09-22042230": [11, 0],
        "empire_schtasks_creation_standard_user_2020-09-21031526": [14, 0],
        "empire_shell_dcerpc_smb_service_dll_hijack_2020-09-21232839": [23, 0],
        "empire_wmic_add_user_backdoor_2020-09-14080546": [65, 0],
        "msf_record_mic_2020-06-09225055": [19, 0],
        psh_disable_eventlog_service_startuptype_modification: [15, 0],
        psh_metasploit_stop_netprofm_eventlog_before_reboot: [50, 0],
        "psh_mshta_html_application_execution_2020-10-2203521411": [4, 0],
        reg_meterpreter_process_commandline_logging_disabled: [4, 0],
        reg_stop_event_logging_controlset_minint_key: [11, 0],
      },
    },
  },
  {
    reason:
      "Ours: the other evaluator has no Windows Firewall log; it names no rule of it. Read by eye: one event 2008 of `Windows Firewall With Advanced Security/Firewall`, group policy settings changed.",
    unnamed: "/firewall_as/",
    differences: {
      "rules/windows/builtin/firewall_as/win_firewall_as_setting_change.yml": {
        "empire_wmic_add_user_backdoor_2020-09-14080546": [1, 0],
      },
    },
  },
  {
    reason:
      "Ours: the other evaluator has no PowerShell log (4103, 4104); it names no rule of it. Read by eye in each of the four files: one 4104 script text of Empire's launcher, which holds all three of `[Ref].Assembly.GetType`, `SetValue($null,$true)` and `NonPublic,Static`, at least one of them in another case.",
    unnamed: "/powershell/",
    differences: {
      "rules/windows/powershell/powershell_script/posh_ps_amsi_bypass_pattern_nov22.yml": {
        "empire_invoke_runas_2019-05-18204300": [1, 0],
        "empire_launcher_vbs_2020-09-04160940": [1, 0],
        empire_ninjacopy_dumping_ntds_dit_file: [1, 0],
        "empire_psremoting_stager_2020-09-20170827": [1, 0],
      },
    },
  },
  {
    reason:
      "Ours: no PowerShell log there, as above. Read by eye in each of the four files: the same script text holds `iex`, `New-Object`, `Net.WebClient` and `.Download`, in another case.",
    unnamed: "/powershell/",
    differences: {
      "rules/windows/powershell/powershell_script/posh_ps_susp_invocation_specific.yml": {
        "empire_invoke_runas_2019-05-18204300": [1, 0],
        "empire_launcher_vbs_2020-09-04160940": [1, 0],
        empire_ninjacopy_dumping_ntds_dit_file: [1, 0],
        "empire_psremoting_stager_2020-09-20170827": [1, 0],
      },
    },
  },
  {
    reason:
      "Ours: no PowerShell log there, as above. Read by eye: Meterpreter's extension defines `Invoke-DcSync`, `Invoke-DcSyncAll` and `Invoke-DcSyncHashDump`, a 4104 script text and a 4103 `Invoke-Expression` each; in the NetSessEnum file, PowerView sets the aliases `Invoke-ACLScanner`, `Find-GPOLocation` and `Invoke-UserHunter` and selects a `PowerView.SessionInfo`.",
    unnamed: "/powershell/",
    differences: {
      "rules/windows/powershell/powershell_module/posh_pm_malicious_commandlets.yml": {
        "empire_getsession_dcerpc_smb_srvsvc_NetSessEnum_2020-09-22034513": [4, 0],
        psh_disable_eventlog_service_startuptype_modification: [3, 0],
        psh_metasploit_stop_netprofm_eventlog_after_reboot: [3, 0],
        psh_metasploit_stop_netprofm_eventlog_before_reboot: [3, 0],
      },
      "rules/windows/powershell/powershell_script/posh_ps_malicious_commandlets.yml": {
        psh_disable_eventlog_service_startuptype_modification: [3, 0],
        psh_metasploit_stop_netprofm_eventlog_after_reboot: [3, 0],
        psh_metasploit_stop_netprofm_eventlog_before_reboot: [3, 0],
      },
    },
  },
  {
    reason:
      "Ours: no PowerShell log there, as above. Read by eye: `Host Application` is `C:\\windows\\system32\\wbem\\wmiprvse.exe` or `C:\\Users\\IT01-Pedro\\Downloads\\payload.exe` in all of them, a host that no filter of the rule names.",
    unnamed: "/powershell/",
    differences: {
      "rules/windows/powershell/powershell_module/posh_pm_alternate_powershell_hosts.yml": {
        "covenant_sharpsc_start_dcerpc_smb_svcctl_2020-08-06030120": [169, 0],
        "covenant_wmi_wbemcomn_dll_hijack_2020-10-09173318": [169, 0],
        "empire_dllinjection_LoadLibrary_CreateRemoteThread_2020-07-22000048": [415, 0],
        "empire_getsession_dcerpc_smb_srvsvc_NetSessEnum_2020-09-22034513": [273, 0],
        "empire_over_pth_patch_lsass_2020-09-21221336": [163, 0],
        "empire_shell_dcerpc_smb_service_dll_hijack_2020-09-21232839": [169, 0],
        psh_disable_eventlog_service_startuptype_modification: [15, 0],
        psh_metasploit_stop_netprofm_eventlog_after_reboot: [18, 0],
        psh_metasploit_stop_netprofm_eventlog_before_reboot: [15, 0],
      },
    },
  },
  {
    reason:
      "Ours: process_creation is both Sysmon 1 and Security 4688 (as upstream's own thor.yml maps it); the other evaluator counts Sysmon alone. Read by eye: the same process in both logs (conhost with `-ForceV1`; whoami and net that WmiPrvSE started).",
    moreIsSecurity: true,
    differences: {
      "rules/windows/process_creation/proc_creation_win_conhost_legacy_option.yml": {
        cmd_disable_eventlog_service_startuptype_modification_via_registry: [2, 1],
        "covenant_com_wsman_automation_2020-10-13002455": [2, 1],
        "empire_mimikatz_opth_2019-03-19131123": [2, 1],
        empire_ninjacopy_dumping_ntds_dit_file: [2, 1],
        "empire_over_pth_patch_lsass_2020-09-21221336": [2, 1],
        "empire_psremoting_stager_2020-09-20170827": [2, 1],
        "empire_wmic_add_user_backdoor_2020-09-14080546": [2, 1],
        "psh_cmstp_execution_bypassuac_2020-10-2201543213": [2, 1],
        "psh_control_panel_execution_2020-10-2201312134": [2, 1],
        "psh_hh_local_html_payload_2020-10-2200214526": [2, 1],
        "psh_mshta_html_application_execution_2020-10-2203521411": [2, 1],
        "purplesharp_pe_injection_createremotethread_2020-10-2303121085": [2, 1],
        reg_cmd_process_commandline_logging_disabled: [2, 1],
      },
      "rules/windows/process_creation/proc_creation_win_wmiprvse_spawning_process.yml": {
        "covenant_com_wsman_automation_2020-10-13002455": [2, 1],
        "empire_wmic_add_user_backdoor_2020-09-14080546": [2, 1],
      },
    },
  },
  {
    reason:
      "Theirs is the better answer, ours is what the rule says: WmiPrvSE starts notepad as NETWORK SERVICE. Sysmon's `User` is then `NT AUTHORITY\\NETWORK SERVICE`, which the rule's filter knows; 4688 calls the same account `WORKSTATION6$` (logon 0x3e4), which it does not. No mapping of field names mends that: the rule needs a filter for machine accounts.",
    moreIsSecurity: true,
    differences: {
      "rules/windows/process_creation/proc_creation_win_wmiprvse_spawning_process.yml": {
        "covenant_wmi_wbemcomn_dll_hijack_2020-10-09173318": [1, 0],
      },
    },
  },
];

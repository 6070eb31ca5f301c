-- PowerShell that is given its script as encoded text.
select
  _time,
  "Hostname" as host,
  "User" as account,
  "ProcessGuid" as process,
  "ParentImage" as parent_image,
  "CommandLine" as command_line
from sysmon
where "EventID" = 1
  and "Image" ilike '%\powershell.exe'
  and regexp_matches("CommandLine", '(?i)\s-e[a-z]*\s+[a-z0-9+/=]{40,}')

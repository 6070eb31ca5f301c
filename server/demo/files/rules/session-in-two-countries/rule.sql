-- A session that was opened in one country and is used from another within twelve hours.
select
  used._time as _time,
  used.actor.alternateId as account,
  used.client.ipAddress as address,
  used.client.geographicalContext.country as country,
  used.securityContext.asOrg as network,
  used.authenticationContext.externalSessionId as session_id,
  used.eventType as event_type
from idp used
where exists (
  select 1
  from idp opened
  where opened.eventType = 'user.session.start'
    and opened.authenticationContext.externalSessionId = used.authenticationContext.externalSessionId
    and opened._time < used._time
    and opened._time >= used._time - interval 12 hours
    and opened.client.geographicalContext.country <> used.client.geographicalContext.country
)

-- A large upload at night to an address that at most two machines reached in the six days before it.
select
  upload._time as _time,
  upload."id.orig_h" as machine,
  upload."id.resp_h" as destination,
  upload.orig_bytes as sent_bytes,
  count(distinct earlier."id.orig_h") as machines
from zeek_conn upload
join zeek_conn earlier
  on earlier."id.resp_h" = upload."id.resp_h"
  and earlier._time <= upload._time
  and earlier._time > upload._time - interval 6 days
where upload.orig_bytes > 100000000
  and hour(upload._time) < 6
  and upload."id.orig_h" like '10.%'
  and upload."id.resp_h" not like '10.%'
  -- The nightly backup: one machine, one address, every night.
  and not (upload."id.orig_h" = '10.20.1.24' and upload."id.resp_h" = '198.51.100.50')
group by upload._time, upload.uid, upload."id.orig_h", upload."id.resp_h", upload.orig_bytes
having count(distinct earlier."id.orig_h") <= 2

/** Tables of version 1, as every workspace began with. */
const FIRST_SCHEMA = `
create table dataset (
  name text primary key, source text not null, columns text not null, version integer not null
) strict;
create table segment (
  id text primary key, dataset text not null, source text not null, path text not null, row_count integer not null,
  byte_count integer not null, min_time_us integer, max_time_us integer, ingested_us integer not null,
  input_hashes text not null, columns text not null, position integer not null
) strict;
create index segment_by_dataset on segment (dataset, position);
create table input (
  source text not null, input_hash text not null, file text not null, format text not null, read_count integer not null,
  good_count integer not null, quarantined_count integer not null, loaded_us integer not null,
  primary key (source, input_hash)
) strict;
create table quarantine (
  source text not null, file text not null, line integer not null, code text not null, reason text not null,
  text text not null, ingested_us integer not null
) strict;
create index quarantine_by_source on quarantine (source);
create table spool_position (source text primary key, file text not null, byte_offset integer not null) strict;
create table detection (
  id text primary key, rule text not null, rule_version text not null, event_time_us integer not null,
  stage text not null, detected_ms integer not null, cased integer not null default 0, body text not null
) strict;
create index detection_by_rule on detection (rule, rule_version, event_time_us);
create index detection_uncased on detection (cased, stage, event_time_us);
create table run (id text primary key, rule text not null, started_ms integer not null, body text not null) strict;
create index run_by_rule on run (rule, started_ms);
create table progress (
  rule text not null, rule_version text not null, mode text not null, evaluated_until_us integer not null,
  primary key (rule, rule_version, mode)
) strict;
create table case_file (id text primary key, opened_ms integer not null, body text not null) strict;
create table alert (
  id text primary key, rule text not null, state text not null, opened_ms integer not null, body text not null
) strict;
create table action (
  id text primary key, alert_id text not null, state text not null, started_ms integer not null, body text not null
) strict;
create index action_by_alert on action (alert_id, started_ms);
create table outcome (alert_id text primary key, rule text not null, recorded_ms integer not null, body text not null) strict;
create table forecast (id text primary key, subject text not null, created_ms integer not null, body text not null) strict;
create table resolution (forecast_id text primary key, resolved_ms integer not null, body text not null) strict;
create table proof (rule text not null, rule_version text not null, proved_ms integer not null, body text not null,
  primary key (rule, rule_version)) strict;
create table activity (number integer primary key autoincrement, at_ms integer not null, body text not null) strict;
create table report (number integer primary key autoincrement, kind text not null, at_ms integer not null, body text not null) strict;
`;

/**
 * Version 2: what a later evaluation no longer finds is withdrawn, commits that brought rows are numbered (marks of
 * what a rule has seen go by that number and no longer by the clock), and rules have controls, missed runs, troubles
 * and claims. Segments of before are numbered by when they came; a mark becomes the last number that its clock,
 * less the ten minutes that it looked back, had surely seen.
 */
const SECOND_SCHEMA = `
alter table detection add column withdrawn_ms integer;
alter table detection add column told integer not null default 0;
drop index detection_uncased;
create index detection_uncased on detection (event_time_us, id) where cased = 0 and stage = 'paging' and withdrawn_ms is null;
create index detection_untold on detection (event_time_us) where cased = 1 and (withdrawn_ms is not null) <> told;
create table arrival (
  dataset text not null, number integer not null, ingested_from_us integer not null, ingested_until_us integer not null,
  primary key (dataset, number)
) strict;
insert into arrival
  select dataset, row_number() over (partition by dataset order by ingested_us, position),
    coalesce(lag(ingested_us) over (partition by dataset order by ingested_us, position) + 1, -62135596800000000),
    ingested_us
  from segment;
insert or replace into progress
  select mark.rule, replace(mark.rule_version, '/ingested/', '/arrival/'), mark.mode, coalesce((
    select max(number) from arrival
    where dataset = substr(mark.rule_version, instr(mark.rule_version, '/ingested/') + 10)
      and ingested_until_us <= max(mark.evaluated_until_us - 600000000, coalesce((
        select origin.evaluated_until_us from progress origin
        where origin.rule = mark.rule and origin.mode = mark.mode
          and origin.rule_version = replace(mark.rule_version, '/ingested/', '/origin/')
      ), -62135596800000000))
  ), 0)
  from progress mark where mark.rule_version like '%/ingested/%';
delete from progress where rule_version like '%/ingested/%' or rule_version like '%/origin/%';
create table rule_control (
  id text primary key, rule text not null, at_ms integer not null, body text not null
) strict;
create index rule_control_by_rule on rule_control (rule, at_ms);
create table missed_run (
  id text primary key, rule text not null, due_ms integer not null, refilled_ms integer, body text not null
) strict;
create index missed_run_by_rule on missed_run (rule, due_ms);
create table rule_trouble (
  id text primary key, rule text not null, since_ms integer not null, ended_ms integer, body text not null
) strict;
create index rule_trouble_by_rule on rule_trouble (rule, since_ms);
create table rule_claim (rule text primary key, holder text not null, until_ms integer not null) strict;
create index alert_by_time on alert (opened_ms);
alter table case_file add column waits integer not null default 0;
create index case_waiting on case_file (opened_ms) where waits = 1;
`;

/** Version 3: detections are numbered by when they last came or went, for the rules that read them as events. */
const THIRD_SCHEMA = `
alter table detection add column changed integer not null default 0;
update detection set changed = rowid;
create index detection_changed on detection (changed);
`;

/** Version 4: the newest report of a kind is found without reading the others. */
const FOURTH_SCHEMA = `
create index if not exists report_by_kind on report (kind, number);
`;

/** What makes version n + 1 of version n, in order; an empty file is version 0. */
export const MIGRATIONS: readonly string[] = [FIRST_SCHEMA, SECOND_SCHEMA, THIRD_SCHEMA, FOURTH_SCHEMA];

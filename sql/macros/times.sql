-- Instants, days and stretches of time.

-- the day on the US East coast of a UTC instant: sessions and ex-dates count in it
create or replace macro eastern_date(instant) as
    cast(timezone('America/New_York', timezone('UTC', instant)) as date);

-- the day of a UTC instant in any zone
create or replace macro zone_date(instant, zone) as
    cast(timezone(zone, timezone('UTC', instant)) as date);

-- the length of a bar, and a bar's place on the grid of its interval
create or replace macro seconds_of(bar_length) as
    case bar_length
        when '1m' then 60 when '5m' then 300 when '15m' then 900 when '1h' then 3600
        else 86400
    end;
create or replace macro slot_of(instant, bar_length) as
    cast(floor(epoch(instant) / seconds_of(bar_length)) as bigint);
create or replace macro opened_at_slot(slot, bar_length) as
    timestamp '1970-01-01' + to_seconds(slot * seconds_of(bar_length));

-- the stretch of time that a bar is in: what changes in it is computed anew from there
create or replace macro stretch_of(instant, bar_length) as time_bucket(
    case bar_length when '1d' then interval 32 day else interval 1 day end,
    cast(instant as timestamp)
);

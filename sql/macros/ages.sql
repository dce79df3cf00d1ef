-- The maximum age of a value that is carried forward to another day.

-- in calendar days, by how often new values come out: D, W, M, Q; others have none
create or replace macro max_age_days(cadence) as
    case cadence
        when 'D' then 5 when 'W' then 12 when 'M' then 75 when 'Q' then 200
    end;

-- a value of one day as that of a later day; NULL where it is too old for that
create or replace macro carry_forward(carried, from_date, to_date, cadence) as
    case when to_date - from_date <= max_age_days(cadence) then carried end;

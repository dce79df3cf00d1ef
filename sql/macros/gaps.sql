-- When a gap is confirmed: by answers that lacked it, with growing waits between them.
-- Lambdas are more than the linter can parse.
-- noqa: disable=PRS

-- The answers that lacked a bar, from their sorted instants: how many count (the first,
-- then each that came at least 1 h, 6 h, 1 day, 3 days after the one before) and when
-- the last of those was. Five confirm a gap; an answer that came sooner adds nothing.
create or replace macro waits_between_asks() as
    [interval 1 hour, interval 6 hour, interval 1 day, interval 3 day];
create or replace macro asks_counted(instants) as list_reduce(
    list_transform(instants, lambda asked_at: {'asks': 1, 'last_at': asked_at}),
    lambda so_far, next_one: case
        when next_one.last_at - so_far.last_at >= waits_between_asks()[so_far.asks]
            then {'asks': so_far.asks + 1, 'last_at': next_one.last_at}
        else so_far
    end
);

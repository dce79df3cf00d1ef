-- Averages over the last bars of a series, for a SELECT over rows that have `symbol`,
-- `interval`, `opened_at`, and `bar`, the bar's number in its series from 0.
-- A NULL among the values makes an average NULL for as long as it would count.
-- noqa: disable=PRS

-- the mean of the last n, NULL until there are n
create or replace macro sma(x, n) as case
    when n = count(x) over (
        partition by symbol, interval order by opened_at rows n - 1 preceding
    ) then avg(x) over (
        partition by symbol, interval order by opened_at rows n - 1 preceding
    )
end;

-- their population standard deviation
create or replace macro stdev(x, n) as case
    when n = count(x) over (
        partition by symbol, interval order by opened_at rows n - 1 preceding
    ) then stddev_pop(x) over (
        partition by symbol, interval order by opened_at rows n - 1 preceding
    )
end;

-- An average that keeps a part of itself from bar to bar is, divided by kept ** k, a
-- running sum of terms, k being the bar's place in its block of bars. The sum over the
-- block before is added; what is older than that counts less than 1e-55.
create or replace macro average_term(x, kept, n, first, block) as case
    when bar > first then coalesce(x, 'nan') * (1 - kept) / kept ** (bar % block)
    when bar > first - n
        then coalesce(x, 'nan') * kept ** (bar - bar % block - first) / n
    else 0
end;
create or replace macro average_by_blocks(x, kept, n, first, block) as case
    when bar >= first then finite_or_null(kept ** (bar % block) * (
        sum(average_term(x, kept, n, first, block)) over (
            partition by symbol, interval order by opened_at rows bar % block preceding
        )
        + kept ** block * coalesce(sum(average_term(x, kept, n, first, block)) over (
            partition by symbol, interval order by opened_at
            rows between bar % block + block preceding and bar % block + 1 preceding
        ), 0)
    ))
end;

-- The exponential average keeps (n - 1) / (n + 1) of itself from bar to bar, Wilder's
-- (n - 1) / n, for n > 1. The first one, of bar `first`, is the mean of the n values up
-- to it: by default of the series' first n, Wilder's of n moves, which the first bar
-- has not.
create or replace macro ema(x, n) as (
    average_by_blocks(x, (n - 1) / (n + 1), n, n - 1, 128 * (n + 1))
), (x, n, first) as (
    average_by_blocks(x, (n - 1) / (n + 1), n, first, 128 * (n + 1))
);
create or replace macro wilder(x, n) as (
    average_by_blocks(x, (n - 1) / n, n, n, 128 * (n + 1))
), (x, n, first) as (
    average_by_blocks(x, (n - 1) / n, n, first, 128 * (n + 1))
);

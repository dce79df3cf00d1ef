-- Averages with a memory: e = r * e + (1 - r) * x, seeded at bar `seed` with the mean
-- of the last n. Divided by r ** k inside a block of 16 bars it is a sum of terms from
-- the block's start; `ema_now` makes the average of it and of the one at the end of the
-- block before. `fade` is r ** (bar % 16), made once for all that use it.
-- They work on rows in the order of symbol, interval, opened_at, as windows.sql does.
-- noqa: disable=PRS

create or replace macro fade_of(r, bar) as r ** (bar % 16);
create or replace macro ema_term(x, r, fade, n, seed) as
    x * case
        when bar > seed then (1 - r) / fade
        when bar > seed - n then r ** (bar - bar % 16 - seed) / n
        else 0
    end;

-- The sum from the block's start in two steps: of the last four with step 1, then of
-- four such sums with step 4.
create or replace macro in_block(x, k) as
    case when bar % 16 >= k then lag(x, k + 0) over () else 0 end;
create or replace macro four_in_block(x, k) as
    x + in_block(x, k) + in_block(x, 2 * k) + in_block(x, 3 * k);

create or replace macro ema_now(before, total, r, fade, seed) as
    case when bar >= seed then fade * (r * coalesce(before, 0) + total) end;
create or replace macro line_sum_now(total, ema12, weight12, ema26, weight26) as
    total + weight12 * coalesce(ema12, 0) - weight26 * coalesce(ema26, 0);
create or replace macro ema_end(before, total, r) as r ** 15 * (r * before + total);

-- Wilder's strength of the gains among all moves, from such sums. While the price does
-- not change it stays what it was, to the last bit, though the averages fade away.
create or replace macro strength(gain, gain_sum, loss, loss_sum, strength_before) as
    case when gain_sum + loss_sum > 0
        then 100 * (13 / 14 * coalesce(gain, 0) + gain_sum) / (
            13 / 14 * coalesce(gain, 0) + gain_sum
            + 13 / 14 * coalesce(loss, 0) + loss_sum
        )
    else coalesce(strength_before, 0) end;

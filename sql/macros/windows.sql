-- Sums, highs and deviations over the last bars of a series, written out term by term.
-- They work on rows in the order of symbol, interval, opened_at that hold `bar` (0 for
-- a series' first): `lag ... over ()` is a row so many further up, for which
-- DuckDB sorts nothing and keeps only a few rows. And the same bars have the same last
-- digit wherever they lie; a window's sum() adds in groups that start where the
-- engine's chunk starts.
-- Windows are put together from shorter ones of the step before. Only a step's last
-- column needs a mask, `case when bar >= 19 ...`: further up are other series.

-- (`k + 0`: a macro in which no parameter is computed with is bound when it is made,
-- and DuckDB does not find the columns then)
create or replace macro ago(x, k) as lag(x, k + 0) over ();

-- the sum of the last five or seven; of the last 14, 20 or 30 from those
create or replace macro five(x) as
    x + ago(x, 1) + ago(x, 2) + ago(x, 3) + ago(x, 4);
create or replace macro seven(x) as five(x) + ago(x, 5) + ago(x, 6);
create or replace macro two_sevens(x) as x + ago(x, 7);
create or replace macro four_fives(x) as x + ago(x, 5) + ago(x, 10) + ago(x, 15);
create or replace macro six_fives(x) as four_fives(x) + ago(x, 20) + ago(x, 25);

-- the highest and lowest likewise
create or replace macro highest_of_five(x) as
    greatest(x, ago(x, 1), ago(x, 2), ago(x, 3), ago(x, 4));
create or replace macro highest_of_four_fives(x) as
    greatest(x, ago(x, 5), ago(x, 10), ago(x, 15));
create or replace macro lowest_of_five(x) as
    least(x, ago(x, 1), ago(x, 2), ago(x, 3), ago(x, 4));
create or replace macro lowest_of_four_fives(x) as
    least(x, ago(x, 5), ago(x, 10), ago(x, 15));

-- the sum of the squared differences to a mean, so that no digit is lost where prices
-- are high and calm: of the last five or seven, and of 20 from those and the means of
-- four fives
create or replace macro square(x) as x * x;
create or replace macro squares_of_five(x, mean) as
    square(x - mean) + square(ago(x, 1) - mean) + square(ago(x, 2) - mean)
    + square(ago(x, 3) - mean) + square(ago(x, 4) - mean);
create or replace macro squares_of_seven(x, mean) as
    squares_of_five(x, mean) + square(ago(x, 5) - mean) + square(ago(x, 6) - mean);
create or replace macro squares_of_four_fives(squares, mean_of_five, mean) as
    four_fives(squares) + 5 * (
        square(mean_of_five - mean) + square(ago(mean_of_five, 5) - mean)
        + square(ago(mean_of_five, 10) - mean) + square(ago(mean_of_five, 15) - mean)
    );

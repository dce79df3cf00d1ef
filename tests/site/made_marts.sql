-- Hand-made marts: the columns of the contract, values by formula. Three equities, one pair, three series, 300 days.
create schema if not exists marts;

insert into lake.publication (as_of, basis, run_id, demo, version) values ('2025-11-01 03:43:00', 'known', 'run-7', false, '0.1.0');
insert into lake.publications (run_id, as_of, version, known_at) values ('run-7', '2025-11-01 03:43:00', '0.1.0', '2025-11-01 03:43:10');
insert into lake.sources (
    source, title, terms, terms_url, publishable, has_key, needs_key, per_day, day_zone, cadence_hours, position
) values
    ('alpha_vantage', 'Alpha Vantage', 'Personal use.', 'https://www.alphavantage.co/terms_of_service/', false,
        true, true, 25, 'UTC', 24, 1),
    ('binance', 'Binance', 'Public data.', 'https://www.binance.com/en/terms', true, true, false, null, 'UTC', 1, 2),
    ('fred', 'FRED', 'Cite FRED.', 'https://fred.stlouisfed.org/legal/', true, true, true, null, 'UTC', 24, 3);
insert into lake.universe_series (
    series_id, unit, usd_factor, is_revised, publishable, terms, position
) values
    ('VIXCLS', 'index', null, false, false, 'Copyright Cboe.', 1),
    ('DGS10', 'percent', null, false, true, 'Public domain.', 2),
    ('WALCL', 'USD million', 1e6, false, true, 'Public domain.', 3);
insert into lake.series (
    series_id, title, units, frequency, seasonal_adjustment, last_updated, source, sequence, fetched_at, sha256
) values
    ('VIXCLS', 'CBOE Volatility Index: VIX', 'Index', 'D', 'NSA', '2025-10-31', 'fred', 1, '2025-10-30', 'aa'),
    ('VIXCLS', 'A title that is known later', 'Index', 'D', 'NSA', '2025-11-05', 'fred', 9, '2025-11-05', 'ab'),
    ('DGS10', '10-Year Treasury', 'Percent', 'D', 'NSA', '2025-10-31', 'fred', 2, '2025-10-30', 'ac');
insert into lake.nodes (picture, node, symbol, position, is_first) values
    ('region', 'USA', 'SPY', 1, true), ('region', 'USA', 'QQQ', 1, false), ('region', 'China', 'FXI', 2, true),
    ('asset', 'Stocks', 'SPY', 1, true), ('asset', 'Crypto', 'BTCUSDT', 2, true);
insert into lake.refused_rows (dataset, symbol, "at", reason, source, sequence, fetched_at, sha256) values
    ('equity_daily', 'SPY', '2025-10-01', 'high below low', 'alpha_vantage', 5, '2025-10-02', 'ad'),
    ('equity_daily', 'SPY', '2025-11-04', 'not known yet', 'alpha_vantage', 6, '2025-11-04', 'ae');

create table marts.instruments as
select *, null::timestamp as known_at from (
    values ('SPY', 'S&P 500 ETF', 'equity', ['USA', 'Stocks'], 1), ('QQQ', 'Nasdaq 100 ETF', 'equity', ['USA'], 2),
        ('FXI', 'China large caps ETF', 'equity', ['China'], 3), ('BTCUSDT', 'Bitcoin in USDT', 'crypto', ['Crypto'], 4)
) as made (symbol, name, kind, groups, position);

create table marts.daily_prices as
with days as (
    select symbol, kind, position, i, date '2025-10-31' - (299 - i)::integer as trade_date
    from (from marts.instruments), range(300) as days (i)
), priced as (
    select *, 100 * position * (1 + 0.1 * sin(i / 7.0 + position)) as close from days
)
select
    symbol, trade_date, trade_date + interval '13 hours 30 minutes' as opened_at, close * 0.995 as open,
    close * 1.01 as high, close * 0.99 as low, close, close as close_as_traded, close as adj_close,
    (1000000 + 1000 * i)::double as volume, case when kind = 'crypto' then close * 1000 end as quote_volume,
    case when kind = 'crypto' then close * 510 end as taker_buy_quote_volume,
    case when kind = 'crypto' then 1000 + i end as trades,
    case when kind = 'crypto' then 'binance' else 'alpha_vantage' end as source, 'split' as adjustment, i as sequence,
    'ff' as sha256, timestamp '2025-11-01' as known_at
from priced;

create table marts.hourly_prices as
select
    'BTCUSDT' as symbol, timestamp '2025-10-31 23:00:00' - to_hours((599 - i)::integer) as opened_at, 100.0 + i as open,
    101.0 + i as high, 99.0 + i as low, 100.5 + i as close, 10.0 as volume, 1000.0 as quote_volume, 5 as trades,
    600.0 as taker_buy_quote_volume, true as is_complete, 'binance' as source, timestamp '2025-11-01' as known_at
from range(600) as hours (i);

create table marts.daily_metrics as
select
    symbol, trade_date, close, 0.1 as return_pct, 0.1 as total_return_pct,
    case when i >= 6 then close end as ma7, case when i >= 29 then close / 3 end as ma30,
    case when i >= 14 then 55.123456789123::double end as rsi14, 'nan'::double as macd, 0.2 as macd_signal,
    'inf'::double as macd_histogram, close as bollinger_middle, close * 1.02 as bollinger_upper,
    close * 0.98 as bollinger_lower, 1.5 as atr14, 1e6 as obv, 60.0 as mfi14, -0.0 as cmf20, 0.9 as vol7,
    15.0 as volatility20_pct, close as high20, close as low20, close as resistance, close as support,
    timestamp '2025-11-01' as known_at
from (select *, row_number() over (partition by symbol order by trade_date) - 1 as i from marts.daily_prices);

create table marts.hourly_metrics as
select daily.* exclude (symbol, trade_date, close, known_at), hourly.symbol, hourly.opened_at, hourly.close, hourly.known_at
from marts.hourly_prices as hourly
cross join (from marts.daily_metrics where symbol = 'SPY' order by trade_date desc limit 1) as daily;

create table marts.money_flow_daily as
select
    symbol, trade_date, volume * close as turnover_usd, 25.0 as pressure_pct,
    case when symbol = 'BTCUSDT' then 0.02 end as taker_imbalance, known_at
from marts.daily_prices;

create table marts.region_nodes as
select
    node, symbol, made."window", sessions, date '2025-10-31' as anchor_date, date '2025-10-31' - sessions as from_date,
    1e9 * position * sessions as turnover_usd, -10.0 * sign / position as pressure_pct, 1.25 as return_pct,
    15.0 as volatility_pct, position,
    timestamp '2025-11-01' as known_at
from (values ('USA', 'SPY', 1, 1), ('China', 'FXI', 2, -1)) as nodes (node, symbol, position, sign)
cross join (values ('1D', 1), ('1W', 5), ('1M', 21), ('3M', 63)) as made ("window", sessions);

create table marts.asset_nodes as
select * replace (case node when 'USA' then 'Stocks' else 'Crypto' end as node,
    case node when 'USA' then 'SPY' else 'BTCUSDT' end as symbol,
    case when "window" = '3M' and node = 'China' then null else pressure_pct end as pressure_pct)
from marts.region_nodes;

create table marts.node_members as
select 'region' as picture, 'USA' as node, symbol, symbol = 'SPY' as is_first, made."window", 1e9 as turnover_usd,
    1.0 as pressure_pct, 0.5 as return_pct, timestamp '2025-11-01' as known_at
from (values ('SPY'), ('QQQ')) as symbols (symbol)
cross join (values ('1D'), ('1W'), ('1M'), ('3M')) as made ("window");

create table marts.correlations as
select a.symbol as symbol_a, b.symbol as symbol_b, days, date '2025-10-31' as anchor_date,
    case when a.symbol = b.symbol then 1.0 when days < 252 then 1.0 / 3 end as r, days as n,
    timestamp '2025-11-01' as known_at
from marts.instruments as a, marts.instruments as b, (values (30), (90), (252)) as windows (days)
where a.symbol <> 'QQQ' and b.symbol <> 'QQQ';

create table marts.market_internals as
select trade_date, 3 as symbols, 2 as advancers, 1 as decliners, 0 as unchanged, 1.0 / 3 as breadth,
    2.0 as advance_decline_ratio, 12.5 as pressure_pct, 0.5 as momentum_score, 17.5 as vix,
    trade_date - 1 as vix_date, 0.6 as vix_percentile, 'NORMAL' as volatility_regime, 0.4 as correlation_strength,
    'BULLISH' as market_bias, known_at
from marts.daily_prices where symbol = 'SPY';

create table marts.crypto_internals_60m as
select timestamp '2025-11-01 02:40:00' as from_at, timestamp '2025-11-01 03:40:00' as to_at, 1 as symbols,
    1e6 as volume_usd, 0.05 as taker_imbalance, timestamp '2025-11-01 03:41:00' as known_at;

create table marts.macro_daily as
select date '2025-10-31' - (199 - i)::integer as date, series_id, start + i / 100.0 as value, unit, 'fred' as source,
    i as sequence, 'ff' as sha256, publishable, timestamp '2025-11-01' as known_at
from (values ('VIXCLS', 16.0, 'index', false), ('DGS10', 4.0, 'percent', true)) as s (series_id, start, unit, publishable),
    range(200) as days (i);

create table marts.net_liquidity as
select date '2025-10-29' - 7 * i::integer as date, 6e12 - i * 1e9 as net_liquidity_usd, 7e12 as walcl_usd,
    8e11 as treasury_usd, 'WTREGEN' as treasury_series, 2e11 as rrpontsyd_usd,
    date '2025-10-28' - 7 * i::integer as rrpontsyd_date, timestamp '2025-11-01' as known_at
from range(150) as weeks (i);

create table marts.order_book as
select 'BTCUSDT' as symbol, timestamp '2025-11-01 03:41:00' as taken_at, side, level::integer as level,
    100000 + case side when 'bid' then -level else level end as price, 0.5 as quantity, 'binance' as source,
    timestamp '2025-11-01 03:41:00' as known_at
from (values ('bid'), ('ask')) as sides (side), range(1, 301) as levels (level);

create table marts.order_book_summary as
select 'BTCUSDT' as symbol, timestamp '2025-11-01 03:41:00' as taken_at, 100000.0 as mid, 2.0 as spread,
    0.2 as spread_bps, 1e7 as bid_usd_1pct, 2e7 as ask_usd_1pct, -1.0 / 3 as imbalance,
    timestamp '2025-11-01 03:41:00' as known_at;

create table marts.symbol_stats_24h as
select 'BTCUSDT' as symbol, timestamp '2025-10-31 03:40:00' as from_at, timestamp '2025-11-01 03:40:00' as to_at,
    1440 as minutes, 100000.0 as price, 500.0 as change, 0.5 as change_pct, 101000.0 as high, 99000.0 as low,
    5000.0 as volume, 5e8 as quote_volume, 900000::hugeint as trades, 0.01 as taker_imbalance,
    timestamp '2025-11-01 03:41:00' as known_at;

create table marts.sessions_anchor as
select date '2025-10-31' as anchor_date, date '2025-10-30' as prior_date, timestamp '2025-11-01' as known_at;

create table marts.gaps as
select 'crypto_1m' as dataset, '1m' as interval, 'BTCUSDT' as symbol, timestamp '2025-10-20 01:00:00' as from_at,
    timestamp '2025-10-20 01:05:00' as to_at, 5 as missing, 'suspected' as state,
    timestamp '2025-10-20 02:00:00' as first_seen_at, 1 as asked_again, timestamp '2025-10-20 04:00:00' as last_asked_at,
    timestamp '2025-10-20 10:00:00' as ask_again_at, null::timestamp as filled_at, 'not there when asked' as why,
    timestamp '2025-11-01' as known_at;

create table marts.revisions as
select 'observation' as kind, 'VIXCLS' as symbol, '' as interval, date '2025-08-01' + i::integer as "at", 'value' as field, i as sequence,
    17.1 as old_value, 17.2 as new_value, 'fred' as source, timestamp '2025-10-02' as was_known_at,
    timestamp '2025-10-03' as known_at
from range(60) as made (i);

create table marts.data_quality as
select * from (
    values ('run-7', 'daily_prices__high_is_highest', 'The high is the highest.', 'blocking', 0, null, timestamp '2025-11-01', true),
        ('run-7', 'gaps__are_few', 'There are few gaps.', 'warning', 1, 'BTCUSDT 2025-10-20', timestamp '2025-11-01', true),
        ('run-6', 'gaps__are_few', 'There are few gaps.', 'warning', 9, 'of before', timestamp '2025-10-31', false)
) as made (run_id, check_name, claim, severity, failed_rows, example, known_at, is_of_this_run);

create table marts.source_status as
select * from (
    values
        ('alpha_vantage', 'Alpha Vantage', 'late', 'FXI is a session behind', timestamp '2025-10-31 20:00:00', 24.0,
            timestamp '2025-11-03 21:00:00', timestamp '2025-11-01 03:40:00', null, 0.9, 250.5, 25, 20, 5, 100),
        ('binance', 'Binance', 'ok', null, timestamp '2025-11-01 03:40:00', 1.0, timestamp '2025-11-01 04:40:00',
            timestamp '2025-11-01 03:41:00', null, 1.0, 80.0, null, 12, null, 50)
) as made (
    source, title, status, why, newest, cadence_hours, expected_next_at, last_good_at, last_error, success_share,
    median_latency_ms, per_day, used_today, left_today, requests
);

create table marts.etl_runs as
select 'run-' || i as run_id, timestamp '2025-11-01 03:30:00' - to_days((7 - i)::integer) as run_at,
    timestamp '2025-11-01 03:40:00' - to_days((7 - i)::integer) as finished_at, 'run-daily' as command,
    'success' as status, '{"load": {"rows": 12}}'::json as details, timestamp '2025-11-01' as known_at
from range(8) as runs (i);

create table marts.daily_recommendations as
select date '2025-10-30' + i::integer as for_date, 'portfolio' as scope, 'note-' || i as note_id,
    timestamp '2025-11-01 03:42:00' as published_at, 'Calm markets: SPY closed at 100.' as summary,
    '[{"title": "Hold", "action": "Hold SPY", "symbol": "SPY", "stance": "overweight", "horizon": 21,
        "confidence": 0.55, "against": "Breadth", "wrong_if": "Wrong if SPY ...", "benchmark": "BIL", "facts": ["f1"]}]'
        as recommendations,
    'rules' as model, 'daily@1' as prompt, true as verified, null::varchar as why, 'rules' as recommended_by, 'live' as kind,
    '[{"id": "f1", "name": "close of SPY", "value": 100.0, "unit": "USD", "as_of": "2025-10-31", "symbol": "SPY",
        "source": "alpha_vantage"},
      {"id": "f2", "name": "VIX", "value": 17.5, "unit": "index", "as_of": "2025-10-30", "symbol": "VIXCLS",
        "source": "fred"}]' as facts,
    87.5 as data_confidence, '["1 of 8 have no final row of the day: FXI"]' as data_issues,
    timestamp '2025-11-01 03:42:00' as known_at
from range(2) as notes (i);

create table marts.recommendation_scores as
select 'note-old-' || i as note_id, 1 as position, 'rules' as model, 'portfolio' as scope, 'SPY' as symbol,
    'overweight' as stance, 5 as horizon, 'live' as kind, date '2025-08-01' + i::integer as for_date,
    date '2025-08-02' + i::integer as entry_date, date '2025-08-09' + i::integer as exit_date,
    case when i = 3 then 'void' else 'settled' end as status, 'BIL' as benchmark,
    case when i <> 3 then (0.3 * (i % 3) - 0.2)::double end as excess_return_pct, case when i <> 3 then i % 3 > 0 end as is_hit,
    0.6::double as confidence, 0.55::double as base_rate, timestamp '2025-08-10' + to_days(i::integer) as settled_at,
    timestamp '2025-10-01' as known_at
from range(40) as calls (i);

create schema aggregates;
create table aggregates.scoring__open as
select 'note-' || i as note_id, 1 as position, 'live' as kind, timestamp '2025-11-01' as known_at from range(2) as calls (i);

create table marts.user_comments as
select *, timestamp '2025-11-01' as known_at from (
    values ('c2', date '2025-10-31', 'portfolio', 'Asha', 'I do not agree.', timestamp '2025-11-01 02:00:00', 12, 'ca'),
        ('c1', date '2025-10-31', 'portfolio', 'Ravi', 'SPY stood at 1100.5.', timestamp '2025-11-01 01:00:00', 11, 'cb'),
        ('c3', date '2025-10-31', 'core', 'Asha', 'Of another scope.', timestamp '2025-11-01 03:00:00', 13, 'cc')
) as made (comment_id, for_date, scope, author, text, written_at, sequence, sha256);

create table marts.hypotheses as
select *, timestamp '2025-11-01' as known_at from (
    values ('oversold', 'rsi14 < 30', 5, 'Asha', timestamp '2025-10-20 10:00:00', 2, timestamp '2025-10-30 11:30:00',
            'too few signals to judge', json('{"split": "2025-09-01", "tries": 2, "warning": null,
                "all": {"n": 12, "mean_pct": 0.5, "base_pct": 0.2, "edge_pct": 0.3, "low_pct": null, "high_pct": null, "up_share": 0.5},
                "discovery": {"n": 12, "mean_pct": 0.5, "base_pct": 0.2, "edge_pct": 0.3, "low_pct": null, "high_pct": null, "up_share": 0.5},
                "later": {"n": 0, "mean_pct": null, "base_pct": null, "edge_pct": null, "low_pct": null, "high_pct": null, "up_share": null},
                "live": {"n": 0, "mean_pct": null, "base_pct": null, "edge_pct": null, "low_pct": null, "high_pct": null, "up_share": null}}')),
        ('fresh', 'cmf20 > 0.2', 21, 'Ravi', timestamp '2025-10-31 10:00:00', 0, null, null, null)
) as made (name, condition, horizon, author, added_at, tests, tested_at, words, document);

insert into lake.hypothesis_tests (name, tested_at, document, sequence, fetched_at, sha256) values
    ('oversold', '2025-10-21', '{"condition": "rsi14 < 30", "horizon": 5}', 1, '2025-10-21', 'ha'),
    ('oversold', '2025-10-30', '{"condition": "rsi14 < 30", "horizon": 5}', 2, '2025-10-30', 'hb'),
    ('gone', '2025-10-22', '{"condition": "rsi14 < 30", "horizon": 21}', 3, '2025-10-22', 'hc'),
    ('later', '2025-11-02', '{"condition": "rsi14 > 70", "horizon": 5}', 4, '2025-11-02', 'hd');

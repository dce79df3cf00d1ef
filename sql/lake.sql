-- The tables of the schema `lake`: what was read, by version. Nothing here is computed;
-- rows are only ever added.
-- Every instant is a TIMESTAMP that means UTC. `sequence` numbers the answers of one
-- data folder.

create schema if not exists lake;

-- the instant at which this file shows the lake: exactly one row
create table if not exists lake.publication (
    as_of timestamp, basis varchar, run_id varchar, demo boolean, version varchar
);

-- bars as they came, one row for each new or changed value
create table if not exists lake.bars (
    symbol varchar, interval varchar, opened_at timestamp, source varchar,
    sequence bigint, fetched_at timestamp, published_at timestamp, sha256 varchar,
    open double, high double, low double, close double, adj_close double, volume double,
    quote_volume double, trades bigint, taker_buy_volume double,
    taker_buy_quote_volume double,
    adjustment varchar, is_final boolean
);

-- what `maintain` keeps of minutes that are too old for the warehouse (Parquet has them
-- all), the only rows here that are computed: their hours as they were rolled up, and
-- the stretches of each hour that came together
create table if not exists lake.hours (
    symbol varchar, opened_at timestamp, open double, high double, low double,
    close double, volume double, quote_volume double, trades bigint,
    taker_buy_quote_volume double, is_complete boolean, source varchar,
    known_at timestamp
);
create table if not exists lake.stretches (
    symbol varchar, opened_at timestamp, from_slot bigint, until_slot bigint,
    sequence bigint, came_at timestamp
);

-- when rows left the warehouse for being too old, and how many
create table if not exists lake.cuts (
    cut_at timestamp, minutes bigint, book_levels bigint
);

create table if not exists lake.observations (
    series_id varchar, date date, value double, source varchar,
    sequence bigint, fetched_at timestamp, published_at timestamp, vintage_date date,
    sha256 varchar
);

create table if not exists lake.actions (
    symbol varchar, ex_date date, kind varchar, value double, source varchar,
    sequence bigint, fetched_at timestamp, sha256 varchar
);

-- order books: one row for each level of each snapshot, level 1 is the best
create table if not exists lake.book_levels (
    symbol varchar, taken_at timestamp, side varchar, level integer, price double,
    quantity double,
    source varchar, sequence bigint, fetched_at timestamp, sha256 varchar
);

-- last prices of sources that give no bars: compared with closes, in no metric
create table if not exists lake.quotes (
    symbol varchar, quoted_at timestamp, price double,
    source varchar, sequence bigint, fetched_at timestamp, sha256 varchar
);

create table if not exists lake.series (
    series_id varchar, title varchar, units varchar, frequency varchar,
    seasonal_adjustment varchar,
    last_updated timestamp, source varchar, sequence bigint, fetched_at timestamp,
    sha256 varchar
);

-- rows that were refused, with the reason and the answer that they came from
create table if not exists lake.refused_rows (
    dataset varchar, symbol varchar, "at" varchar, reason varchar, source varchar,
    sequence bigint, fetched_at timestamp, sha256 varchar
);

-- every answer that was read: what it was, where its body is (`sha256`)
create table if not exists lake.answers (
    sequence bigint, sha256 varchar, source varchar, dataset varchar, symbol varchar,
    status integer, fetched_at timestamp, run_id varchar
);

-- every good answer about bars, with the span that it speaks of: what it lacks there,
-- its source did not have then
create table if not exists lake.coverage (
    sequence bigint, sha256 varchar, source varchar, symbol varchar, interval varchar,
    covers_from timestamp, covers_until timestamp, fetched_at timestamp, run_id varchar
);

-- notes with their facts, and settlements: documents that `analyze` and `score` kept,
-- never changed
create table if not exists lake.notes (
    note_id varchar, for_date date, scope varchar, published_at timestamp,
    kind varchar, model varchar,
    verified boolean, summary varchar, recommendations json, facts json,
    prompt varchar, document json,
    sequence bigint, fetched_at timestamp, sha256 varchar
);

create table if not exists lake.settlements (
    note_id varchar, position integer, symbol varchar, stance varchar, horizon integer,
    model varchar,
    scope varchar, kind varchar, for_date date, entry_date date, exit_date date,
    status varchar,
    benchmark varchar, excess_return_pct double, is_hit boolean, confidence double,
    base_rate double,
    settled_at timestamp, sequence bigint, fetched_at timestamp, sha256 varchar
);

-- what analysts say: comments on notes, hypotheses, and what each test of one found;
-- documents too
create table if not exists lake.comments (
    comment_id varchar, for_date date, scope varchar, author varchar, text varchar,
    written_at timestamp, sequence bigint, fetched_at timestamp, sha256 varchar
);

create table if not exists lake.hypotheses (
    name varchar, condition varchar, horizon integer, author varchar,
    added_at timestamp, sequence bigint, fetched_at timestamp, sha256 varchar
);

create table if not exists lake.hypothesis_tests (
    name varchar, tested_at timestamp, document json,
    sequence bigint, fetched_at timestamp, sha256 varchar
);

-- copies of the ledger's rows, frozen at publication: `known_at` is the publication
-- that brought them
create table if not exists lake.requests (
    sequence bigint, run_id varchar, source varchar, dataset varchar, symbol varchar,
    reserved_at timestamp, answered_at timestamp, latency_ms double, status integer,
    verdict varchar, detail varchar, known_at timestamp
);

create table if not exists lake.runs (
    run_id varchar, run_at timestamp, finished_at timestamp, command varchar,
    status varchar,
    details json, known_at timestamp
);

create table if not exists lake.publications (
    run_id varchar, as_of timestamp, version varchar, known_at timestamp,
    configuration json, sequence bigint, fetched_at timestamp, sha256 varchar
);

-- the configuration of the run, written anew by each load: the universe, its groups,
-- the chains and quotas
create table if not exists lake.instruments (
    symbol varchar, name varchar, kind varchar, is_watchlist boolean, position integer
);
create table if not exists lake.nodes (
    picture varchar, node varchar, symbol varchar, position integer, is_first boolean
);
create table if not exists lake.universe_series (
    series_id varchar, unit varchar, usd_factor double, is_revised boolean,
    publishable boolean,
    terms varchar, position integer
);
create table if not exists lake.sources (
    source varchar, title varchar, terms varchar, terms_url varchar,
    publishable boolean,
    has_key boolean, needs_key boolean, per_day integer, day_zone varchar,
    cadence_hours double,
    position integer, key_variables varchar
);
alter table lake.sources add column if not exists key_variables varchar;
create table if not exists lake.chains (dataset varchar, source varchar, rank integer);

-- sessions of the US exchanges, in UTC
create table if not exists lake.sessions (
    trade_date date, opened_at timestamp, closed_at timestamp, is_half_day boolean
);

-- checks that ran before publication, with their counts
create table if not exists lake.check_results (
    run_id varchar, check_name varchar, claim varchar, severity varchar,
    failed_rows bigint,
    example varchar, known_at timestamp
);

-- A value of the VIX with its cume_dist among its last 252 values.
-- grain: date

with

observations as (
    select date, value, known_at
    from staging.observations
    where series_id = 'VIXCLS' and value is not null
),

values_numbered as (
    select
        *,
        row_number() over (order by date) as position,
    from observations
),

values_ranked as (
    select
        this.date,
        any_value(this.value) as vix,
        case when count(*) = 252
            then count(*) filter (other.value <= this.value) / 252
        end as vix_percentile,
        max(other.known_at) as known_at,
    from values_numbered as this
    inner join values_numbered as other
        on other.position between this.position - 251 and this.position
    group by this.date
),

values_with_regime as (
    select
        *,
        case
            when vix_percentile < 0.25 then 'CALM'
            when vix_percentile < 0.75 then 'NORMAL'
            when vix_percentile < 0.90 then 'ELEVATED'
            when vix_percentile is not null then 'STRESSED'
        end as volatility_regime,
    from values_ranked
)

select * from values_with_regime

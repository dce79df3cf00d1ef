-- The anchor D, the last final US session that the lake has bars of, with neighbours.
-- grain: anchor_date

with

anchor as (
    select * exclude (anchor_position) from aggregates.anchor
)

select * from anchor

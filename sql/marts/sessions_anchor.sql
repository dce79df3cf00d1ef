-- The anchor D: the last final US session that the lake has bars of, and its neighbours.
-- grain: anchor_date

with

anchor as (
    select * exclude (anchor_position) from aggregates.anchor
)

select * from anchor

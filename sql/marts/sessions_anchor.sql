-- The anchor D, the last final US session that the lake has bars of, with neighbours.
-- grain: anchor_date
-- view

select * exclude (anchor_position) from aggregates.anchor

-- A recommendation that was settled or found void, as it was written down then.
-- grain: note_id, position
-- view

select * from staging.settlements

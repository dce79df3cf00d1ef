-- Every level of an order book leads to an answer that is in the lake.
-- severity: blocking

select symbol, side, level, source, sequence, sha256
from marts.order_book
anti join lake.answers using (sha256)

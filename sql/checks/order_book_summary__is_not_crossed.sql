-- The best bid of an order book is below its best ask.
-- severity: warning

select symbol, taken_at, mid, spread
from marts.order_book_summary
where spread <= 0 or mid is null

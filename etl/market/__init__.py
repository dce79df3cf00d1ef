"""What the field knows: sessions, release calendar, series and units, spans, validation. Pure."""

"""The words that the verifier knows: names of what is measured, directions, operations, and structural numbers."""

import re

# a name in prose -> the symbols and series that it may stand for; longer names first where they overlap
ALIASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"(?:10|ten)[- ]year (?:yield )?(?:minus|less|over|to|and|versus|against) (?:the )?(?:2|two)[- ]year",
        ("T10Y2Y", "DGS10", "DGS2"),
    ),
    (r"(?:yield|Treasury) curve|2s10s|term spread", ("T10Y2Y",)),
    (r"S&P(?: 500)?", ("SPY", "SP500")),
    (r"Nasdaq(?: 100| Composite)?", ("QQQ", "NASDAQCOM")),
    (r"Russell 2000|small[- ]caps?", ("IWM",)),
    (r"VIX|volatility index", ("VIXCLS",)),
    (r"(?:10|ten)[- ]year", ("DGS10",)),
    (r"(?:2|two)[- ]year", ("DGS2",)),
    (r"(?:high[- ]yield|credit) spreads?", ("BAMLH0A0HYM2",)),
    (r"federal funds|fed funds|policy rate", ("FEDFUNDS",)),
    (r"(?:broad )?dollar index|(?:the|broad) dollar(?!s)", ("DTWEXBGS", "DEXUSEU", "DEXJPUS", "DEXCHUS")),
    (r"WTI|crude|oil", ("DCOILWTICO",)),
    (r"yuan|renminbi", ("DEXCHUS",)),
    (r"yen", ("DEXJPUS",)),
    (r"euro", ("DEXUSEU",)),
    (r"unemployment|jobless", ("UNRATE",)),
    (r"(?:money stock )?M2(?: money)?", ("M2SL",)),
    (r"consumer prices?|consumer price index|CPI|inflation", ("CPIAUCSL",)),
    (r"United States|America(?:n)?", ("SPY", "QQQ", "IWM", "AGG", "TLT")),
    (r"USA|U\.S\.|US", ("SPY", "QQQ", "IWM", "AGG", "TLT")),
    (r"China|Chinese", ("FXI", "MCHI", "DEXCHUS")),
    (r"Europe(?:an)?|euro ?zone", ("VGK", "EZU")),
    (r"Japan(?:ese)?", ("EWJ", "DEXJPUS")),
    (r"India(?:n)?", ("INDA",)),
    (r"stocks|equities|shares", ("SPY", "QQQ", "IWM", "FXI", "MCHI", "VGK", "EZU", "EWJ", "INDA", "AAPL", "MSFT")),
    (r"bonds|Treasur(?:y|ies|ys)", ("TLT", "AGG", "DGS10", "DGS2", "T10Y2Y")),
    (r"gold", ("GLD",)),
    (r"commodit(?:y|ies)", ("GLD", "DBC")),
    (r"crypto(?:currenc(?:y|ies))?", ("BTCUSDT", "ETHUSDT", "BNBUSDT")),
    (r"bitcoin|BTC", ("BTCUSDT",)),
    (r"ether(?:eum)?|ETH", ("ETHUSDT",)),
    (r"BNB", ("BNBUSDT",)),
    (r"cash", ("BIL",)),
    (r"Apple", ("AAPL",)),
    (r"Microsoft", ("MSFT",)),
)  # fmt: skip
# words of which a nearer name takes the place: `China stocks` are FXI
WEAK = frozenset(
    {
        "stocks",
        "equities",
        "shares",
        "bonds",
        "treasury",
        "treasuries",
        "treasurys",
        "us",
        "u.s.",
        "usa",
        "american",
        "america",
        "united states",
        "cash",
    }
)
PSEUDO: tuple[tuple[str, str], ...] = (
    (r"net liquidity", "net_liquidity"),
    (r"breadth|advancers|decliners|advancing|declining symbols|symbols|momentum score|mean correlation|"
     r"correlations?(?: strength)?", "market"),
)  # fmt: skip

UP = (
    r"rose|rise|rises|risen|rising|gain|gains|gained|gaining|up|higher|climb|climbs|climbed|climbing|add|adds|added|"
    r"adding|advance|advances|advanced|advancing|increase|increases|increased|jumped|jumps|rallied|"
    r"rallies|rally|surged|surges|positive|stronger|strengthened|grew|grows|advancers|widened|improved|bounced|"
    r"recovered|outgained|soared|soars|spiked|accelerated|expanded|firmed|"
    r"gainers?|winners?"
)
DOWN = (
    r"fell|fall|falls|fallen|falling|lose|loses|lost|losing|loss|losses|down|lower|drop|drops|dropped|dropping|"
    r"decline|declines|declined|declining|decrease|decreases|decreased|slipped|slips|slid|slides|"
    r"shed|sheds|sank|tumbled|tumbles|plunged|negative|weaker|weakened|shrank|shrinks|retreated|retreats|eased|eases|"
    r"decliners|narrowed|contracted|slumped|dipped|gave back|gives back|giving back|"
    r"cooled|slowed|softened|crashed|decelerated|losers?"
)
MOVE_VERB = re.compile(
    r"rose|rises|gained|gains|climbed|climbs|added|adds|advanced|advances|increased|jumped|jumps|rallied|rallies|"
    r"surged|surges|strengthened|grew|fell|falls|lost|loses|dropped|drops|declined|declines|decreased|slipped|slips|"
    r"slid|sheds|shed|sank|tumbled|tumbles|plunged|weakened|shrank|retreated|retreats|eased|eases|slumped|dipped|"
    r"gave back|gives back|soared|soars|spiked|accelerated|expanded|firmed|cooled|slowed|softened|crashed|decelerated|"
    r"improved|bounced|recovered|widened|narrowed|contracted",
    re.IGNORECASE,
)
DIRECTION = re.compile(rf"\b(?:(?P<up>{UP})|(?P<down>{DOWN}))\b", re.IGNORECASE)
DIRECTION_AFTER = re.compile(
    r"^\s*(?:net |of |in |symbols? |names? |stocks? )*"
    r"(?:(?P<up>higher|gains?|rises?|increase|advance|up|advanced|advancing|advancers|rose|gained)|(?P<down>lower|loss(?:es)?|declines?|drops?|falls?|decrease|down|declined|declining|"
    r"decliners|fell|lost))\b",
    re.IGNORECASE,
)

MOVEMENTS = frozenset({"return_pct", "change_pct", "change", "pressure_pct"})  # what is told with its window
SIGNED = MOVEMENTS | {"breadth", "momentum_score", "correlation_strength", "macd_histogram", "cmf20"}
METRIC_WORDS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), frozenset(metrics.split()))
    for words, metrics in (
        (r"RSIs?|relative strength", "rsi14"),
        (r"clos(?:e|es|ed|ing)|prices?|quoted|trad(?:es|ed|ing) at|ends|ended|finished|finishes", "close value"),
        (r"means?|averages?", "ma7 ma30"),
        (r"(?:(?:buying|selling) )?pressures?", "pressure_pct"),
        (r"breadth", "breadth"),
        (r"momentum score", "momentum_score"),
        (r"correlations?", "correlation_strength"),
        (r"percentile", "percentile"),
        (r"returns?|returned|performance", "return_pct change_pct"),
        (r"yields?", "value change"),
        (r"resistance", "resistance high"),
        (r"support", "support low"),
        (r"MACD(?: histogram)?|histogram", "macd_histogram"),
        (r"(?:Bollinger )?bands?", "bollinger_upper bollinger_lower"),
        (r"ATR|true range", "atr14"),
        (r"volatility(?! index)", "volatility20_pct"),
        (r"Chaikin(?: money flow)?|CMF", "cmf20"),
        (r"volumes?", "volume_ratio"),
    )
)
# figures that nobody means unless the sentence says so
SAID = {
    metric: re.compile(words, re.IGNORECASE)
    for metrics, words in (
        ("rsi14", r"\bRSIs?\b|relative strength"),
        ("ma7 ma30", r"\b(?:means?|averages?)\b"),
        ("pressure_pct", r"\bpressures?\b"),
        ("breadth", r"\bbreadth\b"),
        ("momentum_score", r"\bmomentum\b"),
        ("correlation_strength", r"\bcorrelat"),
        ("percentile", r"\bpercentile\b"),
        ("resistance", r"\bresistance\b|\bhighest high\b"),
        ("support", r"\bsupport\b|\blowest low\b"),
        ("macd_histogram", r"\bMACD\b|\bhistogram\b"),
        ("bollinger_upper", r"\bupper\b.*\bband\b"),
        ("bollinger_lower", r"\blower\b.*\bband\b"),
        ("atr14", r"\bATR\b|\btrue range\b"),
        ("cmf20", r"\bChaikin\b|\bCMF\b"),
        ("volatility20_pct", r"\bvolatil"),
        ("volume_ratio", r"\bvolume\b"),
        ("open", r"\bopen(?:ed|ing)?\b"),
        ("high", r"\bhighs?\b|\bhighest\b"),
        ("low", r"\blows?\b|\blowest\b"),
    )
    for metric in metrics.split()
}

WINDOW_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), window)
    for words, window in (
        (r"\b(?:(?:on|in|over|for|during) the (?:day|session)|today|daily|that day|1D|one[- ]day)\b", "1D"),
        (r"\b1W\b|\bweek(?:ly|'s)?\b|(?<!next )(?<!coming )(?<!following )\b(?:5|five)[- ]sessions?\b", "1W"),
        (r"\b1M\b|\bmonth(?:ly|'s)?\b|(?<!next )(?<!coming )(?<!following )\b21[- ]sessions?\b", "1M"),
        (r"\b3M\b|\b(?:3|three)[- ]months?\b|\bquarter(?:ly)?\b", "3M"),
        (r"\b1Y\b|\b(?:one|1|past|the)[- ]year\b(?! (?:yield|Treasury))", "1Y"),
        (r"\b24[- ]?h(?:ours?)?\b", "24h"),
    )
)  # fmt: skip

DIFFERENCES = re.compile(
    r"\b(?:differences?|gap|spread|more than|less than|better than|worse than|higher than|lower than|ahead of|behind|"
    r"above|below|outperform\w*|underperform\w*|beat(?:s|ing)?|lagg?(?:s|ed|ing)?|trail(?:s|ed|ing)?|exceed(?:s|ed)?|"
    r"apart|wider than|led|outpaced)\b",
    re.IGNORECASE,
)
AHEAD = re.compile(
    r"\b(?:more than|better than|higher than|ahead of|outperform\w*|beat(?:s|ing)?|exceed(?:s|ed)?|led|outpaced|"
    r"above)\b",
    re.I,
)
BEHIND = re.compile(
    r"\b(?:less than|worse than|lower than|behind|underperform\w*|lagg?(?:s|ed|ing)?|trail(?:s|ed|ing)?|below)\b", re.I
)
RATIOS = re.compile(r"\b(?:times|ratio|fold|twice|half|double[ds]?|thrice)\b|[0-9]x\b", re.IGNORECASE)
SUMS = re.compile(r"\b(?:sums?|together|combined|in total|totals?|altogether|in all)\b", re.IGNORECASE)
PERCENT_CHANGES = re.compile(
    r"\b(?:above|below|higher than|lower than|more than|less than|percent change|under)\b", re.IGNORECASE
)
ABOVE_BELOW = re.compile(r"\b(?:(?P<above>above|over|higher than)|(?P<below>below|under|lower than))\b", re.IGNORECASE)

# names with digits that are no figures
NAMED = re.compile(
    r"\b(?:RSI ?\(14\)|RSI ?14|MACD ?\(12, ?26, ?9\)|MA ?\(?(?:7|30)\)?(?![\w.])|"
    r"CMF ?20|MFI ?14|ATR ?14|H\.4\.1|H\.10|G7|G20)"
    r"|\b(?:1D|1W|3M|1Y)\b|(?<![$0-9.])\b1M\b",
    re.IGNORECASE,
)
ACRONYM = re.compile(
    r"RSI|MACD|ETF|ETFS|USD|USDT|EUR|JPY|CNY|US|USA|UK|EU|UTC|ET|EST|EDT|IST|VIX|CPI|PPI|GDP|PMI|FOMC|FED|ECB|BOJ|"
    r"PBOC|OPEC|WTI|AI|YTD|QE|QT|FX|MA|EMA|SMA|ATR|OBV|MFI|CMF|NAV|SEC|IMF|BIS|TGA|SOFR|M2|MSCI|NYSE|CBOE|FRED|BTC|"
    r"ETH|BNB|OK|NOT|AND|OR|IF|THE|FTSE|A|I|II|III|IV|IPO|CEO|TIPS|HY|IG|OAS|EM|DM|JSON|N/A|H1|H2"
)
OWN_COUNTS = re.compile(
    r"^ (?:\w+ )?(?:calls?|recommendations?|ideas?|risks?|reasons?|points? to|things?|signals?|forces|themes|facts?|"
    r"sides)\b",
    re.IGNORECASE,
)

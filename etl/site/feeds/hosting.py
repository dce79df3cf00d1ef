"""What whoever serves or links to the folder needs to know: security headers, robots, and the page's own address."""

from collections.abc import Mapping
from html import escape

from etl.site.schema.site_context import SiteContext

INDEX = "index.html"
_PREVIEW = b'<meta property="og:image" content="og-image.png">\n'

# The page's own <meta> holds the same policy without frame-ancestors, which a <meta> cannot set.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": f"{PAGE_POLICY}; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def hosting_files(public: bool) -> dict[str, bytes]:
    """
    `_headers` for the hosts that read it, `.nojekyll` for GitHub's pages, and robots.txt.

    A folder that is not `public` holds rows that may not be published again: search engines are asked to stay out.
    """
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache"}
    lines = ["/*", *(f"  {name}: {value}" for name, value in sorted(headers.items()))]
    return {
        ".nojekyll": b"",
        "_headers": ("\n".join(lines) + "\n").encode(),
        "robots.txt": b"User-agent: *\nAllow: /\n" if public else b"User-agent: *\nDisallow: /\n",
    }


def addressed(page: Mapping[str, bytes], context: SiteContext) -> dict[str, bytes]:
    """The page's sources, with the address that link previews ask for where the site's is set."""
    if context.base_url is None:
        return dict(page)
    picture, whole = (escape(context.address(path)) for path in ("og-image.png", ""))
    said = (
        f'<meta property="og:url" content="{whole}">\n<link rel="canonical" href="{whole}">\n'
        f'<meta property="og:image" content="{picture}">\n'
    )
    return {**page, INDEX: page[INDEX].replace(_PREVIEW, said.encode())}

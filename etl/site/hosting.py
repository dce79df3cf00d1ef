"""What whoever serves the folder needs to know: security headers, robots, and the files that say so to hosts."""

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

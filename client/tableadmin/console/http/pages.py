"""The two pages of the way in: the one that sets the cookie, and the one for browsers without a session."""

from __future__ import annotations

from http import HTTPStatus

from tableadmin.console.http.responses import HTML, Response

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>tablectl console</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="/icon.svg">{head}</head><body><main>{text}</main></body></html>
"""
# Not a redirect: after a redirect from a link on another page, the browser sends no cookie that is Strict.
_ENTER = _PAGE.format(
    head='<meta http-equiv="refresh" content="0; url=/">', text='<p><a href="/">Open the console</a></p>'
)
_REFUSE = _PAGE.format(
    head="",
    text="<h1>No session</h1><p>The address of the console can be used once, in one browser. "
    "Stop <code>tablectl console</code>, start the command again, and open the new address.</p>",
)

REFUSED = Response(HTTPStatus.FORBIDDEN, _REFUSE.encode(), HTML)


def entry_page(cookie: str) -> Response:
    """The page that sets COOKIE and goes on to the console."""
    return Response(HTTPStatus.OK, _ENTER.encode(), HTML, (("Set-Cookie", cookie),))

"""A small local web with faults, for the tests of everything that fetches.

    with Site() as site:                                   # http://127.0.0.1 and a free port
        site.page("/a.html", "<p>…</p>")                   # honest ETag, Last-Modified and 304
        site.feed("/rss.xml", xml)
        site.robots("User-agent: *\\nDisallow: /private/")
        site.redirect("/old.html", "/a.html", status=301)
        site.fail("/a.html", status=500, times=2)          # then the page again
        site.fail("/a.html", answers.reset(), times=1)     # any answer can be the fault
        site.serve("/odd", answers.body_drip())            # or the page itself
        …
        site.url("/a.html")                                # what to fetch
        site.log                                           # every request, in order of arrival
        site.count("/a.html")                              # how many of them for this path
        site.most_in_flight()                              # the politeness that was kept

`Site(hosts=3)` listens on 127.0.0.1, 127.0.0.2 and 127.0.0.3 at one port, each a host of its own
(fewer where the platform has one loopback address only: see `site.hosts`). Every method takes
`host=`; without it the path is served on all of them. `Site(tls=True)` speaks TLS with the
certificate at `CERTIFICATE` (news.test, *.news.test, 127.0.0.1), which clients trust with the
environment variable SSL_CERT_FILE.

Nothing here waits for a fixed long time: a stall ends with `site.release()` or with the site, a
drip with the client or the site. What has no route is a 404, robots.txt too.

A rebinding name, a refused connection or a server that only counts is not a site: see `Canary`.
"""

from tests.site import answers
from tests.site.canary import Canary
from tests.site.exchange import Answer, Exchange, Served
from tests.site.server import CERTIFICATE, LOOPBACK, Site

__all__ = ["CERTIFICATE", "LOOPBACK", "Answer", "Canary", "Exchange", "Served", "Site", "answers"]

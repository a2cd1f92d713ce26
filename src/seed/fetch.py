"""Asks a package index for pip where there is no pip yet, with what every Python has: urllib and its TLS.

`list` prints what the index offers, as JSON; `get FILE` fetches the URL in RVENV_FETCH_URL, as other users can read
arguments. The index, its certificates and the
proxy are those of pip's own settings: variables first, then the user's configuration files, then the system's.
"""
import base64
import configparser
import html.parser
import json
import os
import ssl
import sys
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

LIMIT = 64 << 20
TIMEOUT = 30
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def configuration():
    home, env = os.path.expanduser("~"), os.environ
    config = env.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    files = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", "/Library/Application Support/pip/pip.conf"]
    files += [os.path.join(home, ".pip", "pip.conf"), os.path.join(home, "Library/Application Support/pip/pip.conf")]
    files += [os.path.join(config, "pip", "pip.conf"), os.path.join(env.get("APPDATA", home), "pip", "pip.ini")]
    parser = configparser.RawConfigParser()
    if env.get("PIP_CONFIG_FILE") != os.devnull:
        parser.read(files + [env.get("PIP_CONFIG_FILE", "")], encoding="utf-8")
    return dict(parser["global"]) if parser.has_section("global") else {}


CONFIG = configuration()


def setting(name, default=""):
    return os.environ.get("PIP_" + name.upper().replace("-", "_")) or CONFIG.get(name) or default


INDEX = setting("index-url", "https://pypi.org/simple").rstrip("/") + "/pip/"


def without_credentials(url):
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def shown(url):
    """For messages: signed URLs have their secret in the query."""
    return urlunsplit(urlsplit(without_credentials(url))._replace(query="", fragment=""))


def origin(url):
    """Credentials are for one origin (RFC 6454), as in pip."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def is_in(url, hosts):
    parts = urlsplit(url)
    return parts.hostname in hosts or parts.netloc.rpartition("@")[2] in hosts


def is_secure(url):
    scheme = urlsplit(url).scheme
    if scheme == "file":
        return urlsplit(INDEX).scheme == "file"
    trusted = ["localhost", "127.0.0.1", "::1"] + setting("trusted-host").split()
    return scheme == "https" or (scheme == "http" and is_in(url, trusted))


class Redirects(HTTPRedirectHandler):
    """Redirects by the rules of the first request: urllib would follow them to http, with the credentials."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        is_downgrade = urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https"
        if not is_secure(newurl) or (is_downgrade and not is_in(newurl, setting("trusted-host").split())):
            sys.exit("%s redirects to %s, which is neither secure nor a trusted host"
                     % (shown(req.full_url), shown(newurl)))
        new = super().redirect_request(req, fp, code, msg, headers, without_credentials(newurl))
        if new is not None and origin(newurl) != origin(req.full_url):
            new.remove_header("Authorization")
        return new


def fetch(url, accept="*/*"):
    if not is_secure(url):
        sys.exit("%s is neither secure nor a trusted host" % shown(url))
    headers = {"Accept": accept, "User-Agent": "rvenv"}
    index = urlsplit(INDEX)
    if index.username and origin(INDEX) == origin(url):
        secret = unquote(index.username) + ":" + unquote(index.password or "")
        headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
    proxy = setting("proxy")
    context = ssl.create_default_context(cafile=setting("cert") or None)
    handlers = [Redirects(), HTTPSHandler(context=context)] + ([ProxyHandler({"http": proxy, "https": proxy})] if proxy else [])
    try:
        with build_opener(*handlers).open(Request(without_credentials(url), headers=headers), timeout=TIMEOUT) as answer:
            data = answer.read(LIMIT + 1)
            kind = answer.headers.get("Content-Type") or ""
            base = answer.geturl()
    except (OSError, ValueError) as error:
        sys.exit("%s: %s" % (shown(url), error))
    if len(data) > LIMIT:
        sys.exit("%s is too large" % shown(url))
    return data, kind, base


class Links(html.parser.HTMLParser):
    """The page of a project in the older form (PEP 503)."""

    def __init__(self):
        super().__init__()
        self.files = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a" and attrs.get("href"):
            url, fragment = urldefrag(attrs["href"])
            name, _, value = fragment.partition("=")
            self.files.append({
                "filename": unquote(urlsplit(url).path.rpartition("/")[2]), "url": url, "hashes": {name: value},
                "requires-python": attrs.get("data-requires-python"), "yanked": "data-yanked" in attrs,
            })


def offer():
    if setting("no-index").lower() in ("1", "true", "yes", "on"):
        sys.exit("pip's settings forbid an index (no-index)")
    data, kind, base = fetch(INDEX, ACCEPT)
    if "json" in kind:
        files = json.loads(data.decode("utf-8"))["files"]
    else:
        page = Links()
        page.feed(data.decode("utf-8", "replace"))
        files = page.files
    for file in files:
        file["url"] = urljoin(base, file["url"])
    json.dump({"index": without_credentials(INDEX), "files": files}, sys.stdout)


if sys.argv[1] == "list":
    offer()
else:
    with open(sys.argv[2], "wb") as out:
        out.write(fetch(os.environ["RVENV_FETCH_URL"])[0])

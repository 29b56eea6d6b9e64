"""Where every GET route leads on a running system with a reader in it."""

from datetime import timedelta
from typing import Any

from marketer import Marketer
from reader import Reader
from running import Running

from funnel import clock
from funnel.domain import tokens
from funnel.domain.tokens import TokenKind
from funnel.flow.reports import Detail
from funnel.web.admin import deliveries

NO_PAGE = {
    "static": "files",
    "calendar.file": "a calendar file",
    "health.live": "for machines",
    "health.ready": "for machines",
    "metrics.show": "for machines",
    "tracking.follow": "leads on to where a link leads",
    "admin.deliveries.progress": "a part of a page",
    "inbox.messages": "for machines",
    "inbox.source": "for machines",
    "inbox.letter": "a letter in its frame; its markup is for mail programs",
    "admin.steps.preview": "a letter in its frame; its markup is for mail programs",
    "admin.steps.readers": "a part of a page",
    "pages.host": "a picture",
    "media.show": "a picture",
    "admin.imports.report": "a file",
    "admin.dashboard.file": "a file",
}
"""Routes that show no page of ours to a person."""


def stage(system: Running) -> Reader:
    """Let somebody sign up, confirm and get her first mails."""
    reader = Reader(system, "bezoeker@lezer.example")
    form = reader.visitor.get("/").form("/signup")
    page = reader.visitor.submit(form, address=reader.address, series="yes")
    assert "/bedankt" in page.url
    system.settle()
    reader.confirm()
    system.settle()
    system.funnel("clock", "next")
    return reader


def paths(system: Running) -> dict[str, str]:
    """Return a path for each endpoint that shows a page."""

    def one(query: str) -> Any:
        return system.execute(query)[0][0]

    person = one("SELECT id FROM subscriber WHERE confirmed_at IS NOT NULL LIMIT 1")
    seat = one("SELECT id FROM registration LIMIT 1")
    date = one("SELECT id FROM occurrence ORDER BY starts_at LIMIT 1")
    step = one("SELECT id FROM step WHERE slug = '04-moe'")
    signup = one("SELECT id FROM signup LIMIT 1")
    mail = one("SELECT max(id) FROM delivery WHERE kind = 'marketing'")
    link = one("SELECT min(id) FROM link")
    doubt = mail_in_doubt(system)
    file = send_a_file(system)
    owner = one('SELECT min(id) FROM "user"')
    invitation = mailed_link(system)
    links, fresh = system.links, clock.real() + timedelta(days=300)
    thanks = tokens.issue(links.keys, TokenKind.THANKS, signup)
    found = {
        "pages.home": "/",
        "pages.landing": "/magnesium",
        "pages.article": "/artikel/magnesium",
        "pages.sheet": "/blad/boodschappenlijst",
        "pages.privacy": "/privacy",
        "pages.thanks": f"/magnesium/bedankt?t={thanks}",
        "confirm.show": links.confirm(signup),
        "masterclass.join": links.join(seat),
        "masterclass.replay": links.replay(seat),
        "masterclass.sample_room": "/voorbeeld/zaal",
        "masterclass.sample_replay": "/voorbeeld/opname",
        "preferences.leave": links.unsubscribe(mail),
        "preferences.wishes": links.preferences(person),
        "preferences.personal_data": links.personal_data(person, fresh),
        "inbox.index": "/inbox",
        "inbox.message": "/inbox/messages/000001",
        "auth.login": "/admin/login",
        "doors.ask_code": "/admin/code",
        "doors.ask_forgotten": "/admin/forgotten",
        "doors.ask_password": links.account(invitation),
        "admin.dashboard.show": "/admin/",
        "admin.account.show": "/admin/account",
        "admin.business.show": "/admin/business",
        "admin.deliveries.index": "/admin/deliveries?view=sent",
        "admin.deliveries.show": f"/admin/deliveries/{doubt}",
        "admin.deliveries.ask": f"/admin/deliveries/{doubt}/retry",
        "admin.clicks.show": f"/admin/links/{link}",
        "admin.imports.index": "/admin/imports",
        "admin.imports.show": f"/admin/imports/{file}",
        "admin.media.index": "/admin/media",
        "admin.second_step.show": "/admin/account/second-step",
        "admin.selections.ask": "/admin/subscribers/selection?state=active",
        "admin.team.index": "/admin/team",
        "admin.team.show": f"/admin/team/{owner}",
        "admin.trail.index": "/admin/trail",
        "admin.occurrences.index": "/admin/occurrences",
        "admin.occurrences.blank": "/admin/occurrences/add",
        "admin.occurrences.form": f"/admin/occurrences/{date}",
        "admin.occurrences.ask_cancel": f"/admin/occurrences/{date}/cancel",
        "admin.pauses.ask": "/admin/sequences/magnesium/pause",
        "admin.pauses.choose": "/admin/sequences/magnesium/resume",
        "admin.pauses.choose_all": "/admin/standstill",
        "admin.rules.show": "/admin/sequences/magnesium/settings",
        "admin.sequences.index": "/admin/sequences",
        "admin.sequences.show": "/admin/sequences/magnesium",
        "admin.sequences.review": "/admin/sequences/magnesium/publish",
        "admin.shelf.blank": "/admin/sequences/add",
        "admin.simulator.show": "/admin/sequences/magnesium/simulator",
        "admin.structure.blank": f"/admin/sequences/magnesium/list/add?after={step}",
        "admin.structure.show": "/admin/sequences/magnesium/list",
        "admin.versions.index": "/admin/sequences/magnesium/versions",
        "admin.steps.edit": f"/admin/steps/{step}",
        "admin.subscribers.index": "/admin/subscribers",
        "admin.subscribers.show": f"/admin/subscribers/{person}",
    }
    return {name: path.removeprefix(system.url) for name, path in found.items()}


def views() -> dict[str, str]:
    """Return the other ways to look at pages of which there is one route."""
    every = "&".join(f"column={one}" for one in Detail)
    return {"subscribers, every column": f"/admin/subscribers?{every}"} | {
        f"deliveries, {view}": f"/admin/deliveries?view={view}"
        for view in deliveries.VIEWS
    }


def mail_in_doubt(system: Running) -> int:
    """Let the end of one mail be unknown, and return its id."""
    found = system.execute("SELECT min(id) FROM delivery WHERE state = 'uncertain'")
    if found[0][0] is None:
        found = system.execute(
            "INSERT INTO delivery (state, kind, priority, address, is_test, planned_at,"
            " due_at, attempt, deaths, reply) VALUES ('uncertain', 'marketing', 10,"
            " 'lezer@voorbeeld.example', false, now(), now(), 1, 0, '') RETURNING id"
        )
    return int(found[0][0])


def send_a_file(system: Running) -> int:
    """Bring a file of subscribers as far as its report, and return its id."""
    known = system.execute("SELECT min(id) FROM subscriber_import")[0][0]
    if known is not None:
        return int(known)
    file = system.folder / "lijst.csv"
    file.write_text("email,voornaam\nbo@lezer.example,Bo\ngeen adres,X\n", "utf-8")
    consent = "Vinkten de mailserie aan op onze site, in 2025."
    words = ("subscribers", "import", str(file), "--consent", consent, "--yes")
    system.funnel(*words, "--tag", "oud")
    return int(system.execute("SELECT min(id) FROM subscriber_import")[0][0])


def mailed_link(system: Running) -> int:
    """Let the first marketer ask for a new password once, and return the link."""
    known = system.execute("SELECT max(id) FROM user_link")[0][0]
    if known is not None:
        return int(known)
    visitor = Marketer(system).visitor
    form = visitor.get("/admin/forgotten").form("/admin/forgotten")
    visitor.submit(form, address="marketer@example.com")
    return int(system.execute("SELECT max(id) FROM user_link")[0][0])


def cookies(system: Running) -> list[dict[str, str]]:
    """Log a marketer in, and return her cookies for a browser."""
    marketer = Marketer(system)
    marketer.log_in()
    return [
        {"name": cookie.name, "value": cookie.value or "", "url": system.url}
        for cookie in marketer.visitor.cookies
    ]

"""A visitor without JavaScript: fetches pages, fills in forms, follows links."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener


@dataclass
class Choice:
    """One radio button: its value, and the words beside it."""

    name: str
    value: str
    label: str = ""


@dataclass
class Form:
    """What a browser would send if the visitor only pressed a button."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    """An answer, with the forms and links in it."""

    url: str
    status: int
    text: str
    headers: dict[str, str]
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def form(self, action_part: str) -> Form:
        found = [form for form in self.forms if action_part in form.action]
        assert found, f"no form to …{action_part}… on {self.url}\n{self.text[:2000]}"
        return found[0]


class Visitor:
    """Keeps cookies, follows redirects, reads errors as pages."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, url: str) -> Page:
        return self._open(Request(urljoin(self.base, url)))

    def post(self, url: str, values: dict[str, str]) -> Page:
        data = urlencode(values).encode()
        return self._open(Request(urljoin(self.base, url), data))

    def submit(self, form: Form, **values: str) -> Page:
        return self.post(form.action, form.values | values)

    def _open(self, request: Request) -> Page:
        try:
            answer = self.opener.open(request, timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            body = answer.read().decode("utf-8", "replace")
            page = Page(answer.url, answer.status, body, dict(answer.headers))
        _Reader(page).feed(body)
        return page


class _Reader(HTMLParser):
    """Collects forms and links while the page goes by."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.form: Form | None = None
        self.choice: Choice | None = None
        self.select: str | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.page.links.append(urljoin(self.page.url, given["href"]))
        if tag == "form":
            action = urljoin(self.page.url, given.get("action", self.page.url))
            self.form = Form(action)
            self.page.forms.append(self.form)
        elif self.form is not None:
            self._field(tag, given, self.form)

    def _field(self, tag: str, given: dict[str, str], form: Form) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in given or self.select not in form.values:
                form.values[self.select] = value
        elif tag == "textarea":
            self.area = name
            form.values[name] = ""
        elif tag == "button" and name:
            form.buttons.append((name, value))
        elif tag == "input" and name:
            self._input(given.get("type", "text"), name, value, given, form)

    def _input(
        self, kind: str, name: str, value: str, given: dict[str, str], form: Form
    ) -> None:
        if kind in {"radio", "checkbox"}:
            if kind == "radio":
                self.choice = Choice(name, value)
                form.choices.append(self.choice)
            else:
                form.boxes[name] = value or "on"
            if "checked" not in given:
                return
        if kind not in {"submit", "file"}:
            form.values[name] = value or ("on" if kind == "checkbox" else "")

    def handle_data(self, data: str) -> None:
        if self.choice is not None:
            self.choice.label += data
        if self.area is not None and self.form is not None:
            self.form.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.choice = None
        elif tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.area and self.form:
            # A browser drops the newline that a template puts first.
            text = self.form.values[self.area]
            self.form.values[self.area] = text.removeprefix("\n")
            self.area = None


def said(page: str) -> str:
    """Return the words of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())

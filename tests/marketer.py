"""A marketer in the studio, without JavaScript."""

import re

from pages import Form, Page, Visitor
from running import Running


class Marketer:
    """Somebody with a password; every step is a page fetched and a form sent."""

    def __init__(self, system: Running) -> None:
        self.system = system
        self.visitor = Visitor(system.url)

    def log_in(self, address: str = "marketer@example.com") -> Page:
        form = self.visitor.get("/admin/login").form("/admin/login")
        page = self.visitor.submit(form, address=address, password=self.system.password)
        assert "/admin/login" not in page.url, page.text
        if "/admin/business" not in page.url:
            return page
        token = page.form("/admin/business").values["csrf_token"]
        return self.visitor.post("/admin/business/later", {"csrf_token": token})

    def switch_on(self, slug: str) -> Page:
        """Switch a step on, in its draft, with all filled in that was left open."""
        form = self._editor(slug)
        body = re.sub(r"\[VUL IN[^]]*\]", "12", form.values["body"])
        body = body.replace("vul-in.example", "onzewinkel.nl")
        return self.visitor.submit(form, is_on="on", body=body)

    def edit(self, slug: str, **fields: str) -> Page:
        """Change a step's draft."""
        page = self.visitor.submit(self._editor(slug), **fields)
        assert page.status == 200, page.text
        return page

    def publish(self, sequence: str = "magnesium") -> Page:
        review = self.visitor.get(f"/admin/sequences/{sequence}/publish")
        page = self.visitor.submit(review.form("/publish"))
        assert page.status == 200, page.text
        return page

    def _editor(self, slug: str) -> Form:
        step_id = self.system.execute("SELECT id FROM step WHERE slug = %s", [slug])
        path = f"/admin/steps/{step_id[0][0]}"
        forms = self.visitor.get(path).forms
        return next(form for form in forms if "body" in form.values)

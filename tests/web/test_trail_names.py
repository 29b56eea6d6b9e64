"""The trail calls things what the team calls them."""

import io
import re

import factories
from flask import Flask
from sqlalchemy.orm import Session
from studio import colleague

from funnel.domain.status import Kind, TeamRole


def test_a_deed_names_its_mail_its_sequence_its_file_and_its_picture(
    app: Flask, session: Session
) -> None:
    factories.business(session, is_sample=False)
    row = factories.sequence(session, slug="rust", name="Rust en ruimte")
    steps = [
        factories.step(session, sequence=row, kind=Kind.SERVICE, subject=subject)
        for subject in ("Blijf", "Verdwijn")
    ]
    session.commit()
    olga = colleague(app, session, TeamRole.OWNER)

    listed = olga.get("/admin/sequences/rust/list").text
    seen = re.search(r'name="seen" value="([^"]*)"', listed)
    assert seen
    gone = {"step": str(steps[1].id), "seen": seen[1]}
    olga.post("/admin/sequences/rust/list/remove", **gone)
    olga.post("/admin/imports", file=(io.BytesIO(b"email\nbo@example.nl\n"), "mei.csv"))
    picture = (io.BytesIO(factories.drawing()), "kom.png")
    olga.post("/admin/media", file=picture, alt="een kom soep")

    page = olga.get("/admin/trail").text
    for said in ("mail: Verdwijn", "sequence: Rust en ruimte", "file: mei.csv"):
        assert said in page
    assert "picture: een kom soep" in page
    assert "sequence: rust<" not in page

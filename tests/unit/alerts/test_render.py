"""What a letter says: in the recipient's language and time, escaped, without secrets and without anything remote."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.sentence import say
from tests.unit.alerts.values import AT, ME, RENDERER, a_letter, an_alert


def test_it_speaks_the_language_and_the_time_of_the_recipient():
    told = RENDERER.tell(a_letter(language="es", zone="Europe/Madrid"))
    assert told.subject == "[pbx-north] Job 1 a pbx-south falló"
    assert "se rompió" in told.text
    assert "Cuándo: 14 nov 2023, 23:13:20 (Europe/Madrid)" in told.text
    assert '<html lang="es">' in told.html


def test_a_zone_that_is_gone_is_told_in_utc():
    assert "14 Nov 2023, 22:13:20" in RENDERER.tell(a_letter(zone="Mars/Base")).text


def test_it_leads_to_the_run():
    told = RENDERER.tell(a_letter())
    assert "https://pbx.example/pbxsync/runs/run1" in told.text
    assert 'href="https://pbx.example/pbxsync/runs/run1"' in told.html
    assert "/runs/" not in Renderer(ME, "", lambda _language: {}).tell(a_letter()).text


def test_alerts_that_say_the_same_are_told_once_and_counted():
    told = RENDERER.tell(a_letter(*(an_alert(at=AT + 60 * number) for number in range(7))))
    assert told.subject == "[pbx-north] Job 1 to pbx-south failed (7 alerts)"
    assert told.text.count("Job 1 to pbx-south failed\n") == 1
    assert "How often: 7" in told.text
    assert "First: 14 Nov 2023, 22:13:20" in told.text
    assert "Last: 14 Nov 2023, 22:19:20" in told.text


def test_alerts_of_many_kinds_are_told_one_by_one():
    told = RENDERER.tell(a_letter(an_alert(), an_alert(AlertKind.HELD, number=2), an_alert(number=3)))
    assert told.subject == "[pbx-north] 3 alerts"
    assert [f"Job {number} to pbx-south failed" in told.text for number in (1, 2, 3)] == [True] * 3


@settings(deadline=None)  # the first one loads the templates
@given(st.text(min_size=1), st.text(min_size=1))
def test_nothing_that_is_said_becomes_html(subject, line):
    told = RENDERER.tell(
        a_letter(an_alert(subject=say("{name}", name=f"<img src=x {subject}>"), body=(f"<script>{line}",)))
    )
    assert "<script" not in told.html
    assert "<img" not in told.html


def test_it_loads_nothing_from_anywhere():
    html = RENDERER.tell(a_letter(an_alert(), an_alert(number=2))).html
    assert re.findall(r"<(?:img|link|script|iframe|object|video|audio)\b|url\(|@import|\bsrc=", html) == []


def test_what_looks_like_a_secret_is_told_to_nobody():
    told = RENDERER.tell(a_letter(an_alert(body=("secret=hunter2 in pjsip.conf",), subject=say("password: hunter2"))))
    assert "hunter2" not in told.text + told.html + told.subject

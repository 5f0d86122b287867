"""Mail through real connections: encrypted or not, with every way in which a server can misbehave."""

import email
import ssl
from contextlib import closing
from dataclasses import replace
from email.policy import default

import pytest

from pbxsync_worker.alerts.email import MailLogin, MailWay, Patience
from pbxsync_worker.core.model.errors import AlertServerSilent, LetterPutOff, LetterRefused
from pbxsync_worker.core.model.subscription import Security
from tests.fakes.mail_server import Act, MailServer, Manners, manners, once
from tests.integration.test_mysql_tls import certificate
from tests.unit.alerts.values import RENDERER, a_letter, a_server, an_alert

pytestmark = pytest.mark.integration

QUICK = Patience(0.3, 0.6)
VERBS = ("connect", "ehlo", "mail", "rcpt", "data", "message")


@pytest.fixture
def serving():
    """Give a function that starts a server."""
    running = []

    def start(how: Manners | None = None) -> MailServer:
        running.append(MailServer(how))
        return running[-1]

    yield start
    for server in running:
        server.close()


def way_to(server, password="", **values):
    return closing(MailWay(MailLogin(a_server(server.port, **values), password), RENDERER, QUICK))


def encrypted(tmp_path, **more):
    path = certificate(tmp_path, "mail")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path.with_suffix(".key"))
    return path, Manners(tls=context, **more)


def test_a_mail_arrives_whole_in_plain_text_and_html(serving):
    server = serving()
    odd = an_alert(body=(".a line that begins with a dot", "<b>ñ & ✗</b>"))
    with way_to(server) as way:
        assert way.send(a_letter(odd)) == "250 2.0.0 queued as 1"
    [mail] = server.mails
    message = email.message_from_bytes(mail.content, policy=default)
    assert (mail.to, mail.sender) == ("ana@example.com", "pbx@pbx.example")
    assert message["Subject"] == "[pbx-north] Job 1 to pbx-south failed"
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    text, html = plain.get_content(), rich.get_content()
    assert ".a line that begins with a dot" in text
    assert "<b>ñ & ✗</b>" in text
    assert "&lt;b&gt;ñ &amp; ✗&lt;/b&gt;" in html
    assert mail.content.isascii()


def test_what_is_sent_again_is_the_same_to_the_last_byte(serving):
    server = serving()
    for _time in range(2):
        with way_to(server) as way:
            way.send(a_letter())
    first, second = server.mails
    assert first.content == second.content


def test_one_connection_carries_many_letters(serving):
    server = serving()
    with way_to(server) as way:
        for number in range(5):
            way.send(a_letter(message_id=f"{number}@pbx.example"))
    assert (len(server.mails), server.verbs.count("connect")) == (5, 1)


def test_a_connection_that_the_server_ended_meanwhile_is_made_anew(serving):
    server = serving(once("noop", Act.DROP))
    with way_to(server) as way:
        way.send(a_letter())
        way.send(a_letter())
    assert (len(server.mails), server.verbs.count("connect")) == (2, 2)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_it_logs_in_over_an_encrypted_connection(serving, tmp_path, security):
    path, how = encrypted(tmp_path, tls_at_once=security is Security.TLS, login=("pbx", "geheim"))
    server = serving(how)
    with way_to(server, "geheim", security=security, ca_file=str(path), user="pbx") as way:
        way.send(a_letter())
    assert [mail.encrypted for mail in server.mails] == [True]
    assert "auth" in server.verbs


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_that_nobody_vouches_for_gets_no_word(serving, tmp_path, security):
    _path, how = encrypted(tmp_path, tls_at_once=security is Security.TLS, login=("pbx", "geheim"))
    server = serving(how)
    with (
        way_to(server, "geheim", security=security, user="pbx") as way,
        pytest.raises(AlertServerSilent, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        way.send(a_letter())
    assert "auth" not in server.verbs


def test_a_certificate_of_another_name_gets_no_word(serving, tmp_path):
    path, how = encrypted(tmp_path)
    server = serving(how)
    with (
        way_to(server, security=Security.STARTTLS, ca_file=str(path), host="localhost") as way,
        pytest.raises(AlertServerSilent, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        way.send(a_letter())
    assert server.mails == []


def test_a_server_that_hides_starttls_gets_neither_password_nor_letter(serving):
    server = serving(Manners(login=("pbx", "geheim")))
    with (
        way_to(server, "geheim", security=Security.STARTTLS, user="pbx") as way,
        pytest.raises(AlertServerSilent, match="offers no STARTTLS"),
    ):
        way.send(a_letter())
    assert {"auth", "mail"}.isdisjoint(server.verbs)


def test_a_wrong_password_is_told_in_the_servers_words_without_ours(serving, tmp_path):
    path, how = encrypted(tmp_path, login=("pbx", "other"))
    server = serving(how)
    with (
        way_to(server, "geheim", security=Security.STARTTLS, ca_file=str(path), user="pbx") as way,
        pytest.raises(AlertServerSilent, match=r"535 5\.7\.8 wrong login") as error,
    ):
        way.send(a_letter())
    assert "geheim" not in error.value.sentence


@pytest.mark.parametrize("act", [Act.HANG, Act.DRIP, Act.DROP, Act.FLOOD, Act.NOISE])
@pytest.mark.parametrize("verb", VERBS)
def test_whatever_a_server_does_at_whichever_verb_it_is_only_away(serving, verb, act):
    server = serving(manners(**{verb: act}))
    with way_to(server) as way, pytest.raises(AlertServerSilent):
        way.send(a_letter())
    server.manners.answers.clear()
    with way_to(server) as way:
        assert way.send(a_letter()).startswith("250")


def test_a_handshake_that_never_ends_is_cut_off(serving):
    server = serving(manners(connect=Act.DRIP))
    with way_to(server, security=Security.TLS) as way, pytest.raises(AlertServerSilent):
        way.send(a_letter())


def test_greylisting_puts_off_one_letter_and_not_the_server(serving):
    server = serving(Manners(greylists=True))
    with way_to(server) as way:
        with pytest.raises(LetterPutOff, match="450"):
            way.send(a_letter())
        assert way.send(a_letter()).startswith("250")
    assert server.verbs.count("connect") == 1


@pytest.mark.parametrize("verb", ["rcpt", "data", "message"])
@pytest.mark.parametrize(("said", "kind"), [("550 no such user", LetterRefused), ("451 later", LetterPutOff)])
def test_a_refusal_is_about_one_letter_and_the_next_one_passes(serving, verb, said, kind):
    server = serving(once(verb, said))
    with way_to(server) as way:
        with pytest.raises(kind, match=said):
            way.send(a_letter())
        assert way.send(replace(a_letter(), to="luis@example.com")).startswith("250")
    assert server.verbs.count("connect") == 1


@pytest.mark.parametrize("verb", ["connect", "mail"])
def test_a_refusal_that_is_about_us_refuses_no_letter(serving, verb):
    server = serving(manners(**{verb: "554 not from you"}))
    with way_to(server) as way, pytest.raises(AlertServerSilent, match="554 not from you"):
        way.send(a_letter())


def test_a_server_that_closes_down_is_away(serving):
    server = serving(once("rcpt", "421 closing"))
    with way_to(server) as way, pytest.raises(AlertServerSilent, match="421"):
        way.send(a_letter())


def test_an_answer_lost_after_the_last_dot_leads_to_the_same_message_again(serving):
    server = serving(once("message", Act.DROP))
    with way_to(server) as way:
        with pytest.raises(AlertServerSilent):
            way.send(a_letter())
        way.send(a_letter())
    ids = {email.message_from_bytes(mail.content)["Message-ID"] for mail in server.mails}
    assert (len(server.mails), ids) == (2, {"<0123456789ab@pbx.example>"})


def test_nobody_at_that_port_is_away(serving):
    server = serving()
    server.close()
    with way_to(server) as way, pytest.raises(AlertServerSilent, match="refused"):
        way.send(a_letter())

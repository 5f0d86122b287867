"""Locks of the operating system."""

import multiprocessing

import pytest

from pbxsync_worker.core.locks import held


def hold_and_die(path, ready) -> None:
    with held(path):
        ready.set()
        multiprocessing.Event().wait(60)


def test_one_holder_at_a_time(tmp_path):
    with held(tmp_path / "run" / "lock") as mine, held(tmp_path / "run" / "lock") as theirs:
        assert (mine, theirs) == (True, False)


def test_it_is_free_again_afterwards_also_after_an_error(tmp_path):
    with pytest.raises(ValueError), held(tmp_path / "lock"):
        raise ValueError
    with held(tmp_path / "lock") as mine:
        assert mine


def test_the_one_who_was_refused_does_not_let_the_lock_go(tmp_path):
    with held(tmp_path / "lock"):
        with held(tmp_path / "lock"):
            pass
        with held(tmp_path / "lock") as again:
            assert not again


def test_a_killed_holder_holds_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holder = context.Process(target=hold_and_die, args=(tmp_path / "lock", ready))
    holder.start()
    ready.wait(30)
    with held(tmp_path / "lock") as mine:
        assert not mine
    holder.kill()
    holder.join()
    with held(tmp_path / "lock") as mine:
        assert mine

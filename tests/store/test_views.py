"""Views: states derived from a generation, made and dropped by readers, which hold no lock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trialweave.store import generations as module
from trialweave.store.generations import Generation, Generations, Staging


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path / "workspace", wait=0.0)


def add(generations: Generations, value: int) -> Generation:
    with generations.begin() as staging:
        (staging.path / "value").write_bytes(b"%d" % value)
        return generations.commit(staging)


def fill(staging: Staging) -> None:
    """A view of two files, one of them the generation's."""
    staging.carry("value")
    (staging.path / "more").write_bytes(b"more")


def view(generations: Generations, base: Generation, name: str) -> Generation:
    return generations.view(base, name, fill, {})


def views(generations: Generations) -> list[str]:
    return sorted(path.name for path in (generations.root / "views").iterdir())


def test_a_view_is_of_the_generation_it_was_asked_for(generations: Generations) -> None:
    first = add(generations, 1)
    second = add(generations, 2)  # committed while a reader works on the first
    assert (view(generations, first, "day").path / "value").read_bytes() == b"1"
    assert (view(generations, second, "day").path / "value").read_bytes() == b"2"
    assert views(generations) == ["000001-day", "000002-day"]


def test_a_view_in_use_outlasts_those_that_are_not(generations: Generations) -> None:
    base = add(generations, 1)
    made = [view(generations, base, f"{n}").path for n in range(module._VIEWS)]
    for age, path in enumerate(made):
        os.utime(path, (1e9 + age, 1e9 + age))
    assert module.in_use(made[0])
    view(generations, base, "next")
    view(generations, base, "last")
    assert made[0].exists()
    assert not made[1].exists()
    assert not module.in_use(made[1])


def test_a_view_half_deleted_is_made_again(
    generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = add(generations, 1)
    oldest = view(generations, base, "0").path
    os.utime(oldest, (1e9, 1e9))

    def interrupted(path: Path) -> None:
        if (path / "more").exists() and path.suffix != ".staging":
            (path / "more").unlink()
            raise OSError("the reader is gone")

    with monkeypatch.context() as patch:
        patch.setattr(module, "remove", interrupted)
        for n in range(1, module._VIEWS + 2):
            view(generations, base, f"{n}")
    assert view(generations, base, "0").verify() == ()
    add(generations, 2)
    assert not [name for name in views(generations) if name.endswith(".dropped")]


def test_what_another_reader_drops_meanwhile_disturbs_nobody(
    generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = add(generations, 1)
    view(generations, base, "day")
    listed = Path.iterdir

    def late(folder: Path) -> Iterator[Path]:
        yield from listed(folder)
        if folder.name == "views":
            yield folder / "000001-gone"
            yield folder / "000000-gone"

    monkeypatch.setattr(Path, "iterdir", late)
    assert view(generations, base, "other").verify() == ()
    assert add(generations, 2).number == 2

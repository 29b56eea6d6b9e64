"""The doors of a sequence, in the words of its file."""

import pytest

from funnel.domain.doors import BadDoors, Cause, Doors


@pytest.mark.parametrize(
    "enter",
    [
        "confirmed",
        "registered",
        "joined",
        "joined magnesium",
        "not joined",
        "not joined magnesium",
        "tag vip",
        "by hand",
    ],
)
def test_a_door_that_is_written_out_reads_back_as_it_was(enter: str) -> None:
    table = {"enter": enter, "again": "once finished", "leave": "purchased or tag x"}

    found = Doors.from_dict({**table, "priority": -3})

    assert found.to_dict() == {**table, "priority": -3}
    assert Doors.from_dict(found.to_dict()) == found


def test_left_out_it_takes_in_who_confirms_once_and_lets_nobody_go() -> None:
    assert Doors.from_dict({}).to_dict() == {
        "enter": "confirmed",
        "again": "never",
        "leave": "",
        "priority": 0,
    }


def test_a_door_without_a_name_is_open_to_every_masterclass() -> None:
    every = Doors.from_dict({"enter": "joined"}).enter
    one = Doors.from_dict({"enter": "joined magnesium"}).enter

    assert every.fits(Cause.JOINED, "magnesium")
    assert every.fits(Cause.JOINED, "other")
    assert one.fits(Cause.JOINED, "magnesium")
    assert not one.fits(Cause.JOINED, "other")
    assert not one.fits(Cause.NOT_JOINED, "magnesium")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"enter": "tag"}, "enter: “tag” is not known"),
        ({"enter": "tag two words"}, "enter:"),
        ({"enter": "confirmed magnesium"}, "enter:"),
        ({"again": "always"}, "again: “always” is not known. Write never or"),
        ({"leave": "tired"}, "leave: “tired” is not known"),
        ({"priority": 1.5}, "priority: “1.5” is no whole number"),
        ({"priority": True}, "priority:"),
        ({"priority": 1000}, "priority: 1000 is too far"),
        ({"exit": ""}, "doors: “exit” is not known, only enter, again"),
    ],
)
def test_a_door_that_nobody_can_pass_is_refused_with_advice(
    table: dict[str, object], says: str
) -> None:
    with pytest.raises(BadDoors) as refused:
        Doors.from_dict(table)

    assert says in str(refused.value)


def test_a_tag_is_one_in_small_letters_wherever_it_is_written() -> None:
    doors = Doors.from_dict({"enter": "tag VIP", "leave": "tag Klant or not tag Nieuw"})

    assert doors.to_dict()["enter"] == "tag vip"
    assert doors.to_dict()["leave"] == "tag klant or not tag nieuw"

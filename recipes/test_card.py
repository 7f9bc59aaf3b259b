"""An example: what every electronic identity document answers, and one that falls silent."""

import pytest
from smartcard.Exceptions import CardConnectionException
from smartcard.Exceptions import NoCardException

SELECT_EMRTD = [0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01]


@pytest.mark.parametrize("persona", ["an", "binh", "chi"])
def test_the_application_is_there(card, persona):
    card.insert(persona)
    _, *status = card.connect().transmit(SELECT_EMRTD)
    assert status == [0x90, 0x00]
    assert card.state()["commands"] > 0


def test_a_reader_without_a_card_has_none(card):
    with pytest.raises(NoCardException):
        card.connect()


def test_a_card_is_lost_at_the_second_command(card):
    card.insert("an", faults=["lost-at-command:2"])
    connection = card.connect()
    connection.transmit(SELECT_EMRTD)
    with pytest.raises(CardConnectionException):
        connection.transmit(SELECT_EMRTD)


def test_an_unknown_fault_is_refused(card):
    with pytest.raises(ValueError, match="sim.switch_unknown"):
        card.insert("an", faults=["no-such-fault"])

import pytest

from mlkanban.core.actors import CONDITION, agent_actor, is_person, person_of


@pytest.mark.parametrize("agent", ["claude", "best of breed", "x of", "of", "a of of b", "office"])
@pytest.mark.parametrize("person", ["ada", "Duke of York"])
def test_the_person_for_whom_an_agent_acts_is_found_again(agent: str, person: str) -> None:
    assert person_of(agent_actor(agent, person)) == person


def test_a_person_acts_alone_and_a_run_or_a_condition_for_nobody() -> None:
    assert agent_actor("claude code", "ada") == "agent:claude code of ada"
    assert [person_of(actor) for actor in ("ada", "run:7", CONDITION)] == ["ada", "", ""]
    assert [is_person(actor) for actor in ("ada", "run:7", CONDITION)] == [True, False, False]

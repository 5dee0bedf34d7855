"""What is pulled from one account is in the files of all; a pull says what that changes for the others."""

from __future__ import annotations

from deployer.operations.diff import sentences
from deployer.operations.plan import Action
from deployer.operations.pull import Pulled, Puller
from deployer.operations.pull_files import bound_by, pull_bound, write_pulled
from deployer.operations.remote_view import read_remote
from deployer.report.pull import render_json, render_text
from tests.operations.conftest import NewWorld
from tests.operations.world import World, reply, text_step

CONFIG = """\
version: 1
environments:
  staging: { accountId: acme, vars: { sms: acme_test } }
  production: { accountId: acme_live, vars: { sms: acme } }
"""


def pull(world: World) -> Pulled:
    project = world.project
    with world.store.session() as session:
        remote = read_remote(world.gateway, session.state)
        puller = Puller(
            project=project, environment=world.environment, known_secret=world.vault.get,
            name_of_secret=world.vault.name_of, taken_secrets=(), history=world.gateway.history,
            others=[project.environment("production")],
        )  # fmt: skip
        (pulled,) = pull_bound(world.choose("reply"), session.state, remote, puller)
        write_pulled(project, world.environment, [pulled], world.vault.get)
        session.save(bound_by(session.state, [pulled]), note="pull")
    assert [change.action for change in world.plan().changes] == [Action.NOOP]
    return pulled


def test_a_text_that_changed_on_staging_is_said_to_change_production_next(new_world: NewWorld) -> None:
    world = new_world(config=CONFIG)
    world.write("reply", reply(account="${var.sms}"))
    world.apply()
    world.somebody_edits("reply", lambda body: text_step(body).update(text="We are closed"))
    pulled = pull(world)
    assert {name: sentences(changes) for name, changes in pulled.elsewhere.items()} == {
        "production": ["text of step `reply` changes"]
    }
    assert "differs from production, where the next apply would write it, too" in render_text([pulled])
    assert '"production": [\n          "text of step `reply` changes"' in render_json([pulled])


def test_a_reference_that_gives_way_is_named_and_said_to_change_production(new_world: NewWorld) -> None:
    world = new_world(config=CONFIG)
    world.write("reply", reply(account="${var.sms}"))
    world.apply()
    world.somebody_edits("reply", lambda body: body.update(subAccountId="acme_other"))
    pulled = pull(world)
    assert pulled.replaced == ("${var.sms}",)
    assert sentences(pulled.elsewhere["production"]) == ["subAccountId: acme -> acme_other"]


def test_nothing_is_said_of_an_environment_where_the_workflow_does_not_live(new_world: NewWorld) -> None:
    world = new_world(config=CONFIG)
    world.write("reply", reply(account="${var.sms}"), metadata={"environments": ["staging"]})
    world.apply()
    world.somebody_edits("reply", lambda body: text_step(body).update(text="We are closed"))
    assert pull(world).elsewhere == {}

"""``method: full``: the network's own weights, tuned on labelled people."""

from __future__ import annotations

from posetune.geometry import SIZE
from posetune.graph.flatbuffer import Graph
from posetune.graph.resize import resized
from posetune.runtime.landmarker import Landmarker
from posetune.tune.config import TrainConfig
from posetune.tune.people.batches import BatchMaker
from posetune.tune.people.collect import Material, collect, trainable_networks
from posetune.tune.people.second_look import SecondLook
from posetune.tune.run import Start, TrainResult
from posetune.tune.run_folder import MODEL
from posetune.tune.session import Session, calibration
from posetune.tune.training.blend import choose
from posetune.tune.training.loop import Loop
from posetune.tune.training.result import tuned_file, write_tuned
from posetune.tune.training.smaller import SmallerTrainer
from posetune.tune.training.trainer import Trainer


def train(config: TrainConfig, start: Start) -> TrainResult:
    """Tune ``config.base`` on labels, on a teacher's answers, or on both, and leave it in the run folder ``config.out``.

    Raises PosetuneError for unusable data, a network of another kind, an unwritable folder, or a loss that is not finite.
    """
    session = Session.open(config, start, trainable_networks)
    graph = Graph(session.networks.landmarks, config.base)
    size = graph.inputs[0].shape[1]
    people = collect(session)
    batches = session.batches(people, size)
    layout = session.networks.landmarks
    trainer: Trainer
    if config.size in (size, SIZE):  # a tuned small base stays small
        trainer = Trainer(graph, config, calibration(batches), session.device)
    else:
        layout = resized(layout, config.size)
        trainer = SmallerTrainer(session.networks.landmarks, config, calibration(batches), session.device)
    again = second_look(session, trainer, layout, people, batches)
    loop = session.run_stage(trainer, batches, session.look(people.val), again)
    return finish(session, loop, people, layout)


def second_look(
    session: Session, trainer: Trainer, layout: bytes, people: Material, batches: BatchMaker
) -> SecondLook | None:
    """At the people in doubt, by the average of the weights so far in a copy of ``layout``; None where there is nobody."""
    if people.suspected is None:
        return None

    def tuned() -> Landmarker:
        return Landmarker(trainer.blended(1.0).write_to(Graph(layout)).to_bytes(), session.networks.detector)

    return SecondLook(people.suspected, batches.subjects, tuned, session.report)


def finish(session: Session, loop: Loop, people: Material, layout: bytes, **figures: str) -> TrainResult:
    """Blend the best weights of ``loop`` with what they began from, write them into a copy of ``layout``, and close."""
    choice = choose(session, loop.trainer, loop.best_weights, people)
    file = tuned_file(session, loop.trainer, choice, layout, people.val)
    write_tuned(session, file)
    return session.close(
        session.folder / MODEL,
        {
            "method": session.config.method, "base": session.config.base, **file.figures(), "blend": choice.share,
            "heatmap_bias": choice.heatmap_bias, "interrupted": loop.interrupted, "best_step": loop.best_step,
            **people.counts(), **figures,
        },
    )  # fmt: skip

"""A reprocessing that is killed and resumed ends as one that was left alone."""

from pathlib import Path

from store.tables import Step
from tests.bench.killing import DATABASE, killed_and_resumed, outcome, outdated_copy
from tests.worker.reprocessing.test_reprocessing import reprocess
from tests.worker.test_processing_here import bring
from worker.context import Context
from worker.processing import process_article
from worker.settings import Settings


def test_a_run_that_is_killed_and_resumed_equals_one_that_was_left_alone(tmp_path: Path) -> None:
    original = tmp_path / "original"
    with_pages = Context(Settings(home=original, log_format="json", cpu_processes=1))
    for number in range(1, 7):
        bring(with_pages, number, times=40)
        process_article(with_pages, number, owner="test")
    with_pages.close()
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    for copy in (undisturbed, disturbed):
        outdated_copy(original, copy)
    left_alone = Context(Settings(home=undisturbed, log_format="json"))
    reprocess(left_alone, Step.EXTRACT)
    left_alone.close()
    assert (disturbed / DATABASE).exists()
    assert killed_and_resumed(disturbed, Step.EXTRACT, kills=1) == 1
    assert outcome(disturbed) == outcome(undisturbed)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of differences between engines in docs/engines.md, with the test that shows each.

usage: engine_differences.py --write
       engine_differences.py --check CTEST BUILD_DIRECTORY

--check fails when the page has another table, or when a test is not among those that ctest runs. A test
is named as ctest names it, with the engines it runs on (store_mongo.…), so a claim about one engine
cannot lean on a test of another; for a script, `script:function`.
"""
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/engines.md"
BEGIN = "<!-- differences: written by tests/docs/engine_differences.py --write; change its rows -->"
END = "<!-- end of differences -->"
SCRIPTS = {"cli": ROOT / "tests/app/cli"}
SAME = "as the store"


class Claim(NamedTuple):
    says: str
    tests: tuple = ()


class Row(NamedTuple):
    about: str
    sqlite: Claim
    mongo: Claim
    kafka: Claim


def same():
    return Claim(SAME)


ROWS = (
    Row("Processes that write",
        Claim("one; a second is refused with the first one's process id",
              ("store.Open.RefusesASecondProcessAndNamesTheFirst",)),
        Claim("any number",
              ("store_mongo.MongoRace.AppendInOneOrder", "store_mongo.MongoKill.NothingIsLostOrDoneTwice")),
        same()),
    Row("Commands while a program runs",
        Claim("reading commands open the file beside it; writing commands use its socket",
              ("cli.run:test_publish_goes_through_the_running_program",
               "store.ReadOnly.ReadsDuringAndAfterTheProgramsRun")),
        Claim("open the database themselves", ("cli.promote_engines:test_the_history_goes_to_the_log_once",)),
        same()),
    Row("`dead-letters requeue` reaches a running group",
        Claim("at once, over the program's socket", ("cli.run:test_requeue_through_the_program",)),
        Claim("at the group's next poll for parked events",
              ("delivery_mongo.DeliveryTest.DeadLetterRequeuedElsewhereIsHandledOnce",)),
        Claim("at the group's next poll for parked events",
              ("delivery_kafka.DeliveryTest.DeadLetterRequeuedElsewhereIsHandledOnce",))),
    Row("Order",
        Claim("one order of all events", ("store.Concurrency.ManyPublishersGetGapFreePositions",)),
        Claim("one order of all events, whichever process published them", ("store_mongo.MongoRace.AppendInOneOrder",)),
        Claim("per key as in the store; in Kafka within a partition",
              ("delivery_kafka.DeliveryTest.RecordsOfOneKeyAreHandledInOrderAndKeysInParallel",
               "log.KafkaLive.RecordsOfAKeyAreReadInOrder"))),
    Row("A transaction is",
        Claim("an SQLite transaction, shared by concurrent callers",
              ("delivery.DeliveryTest.EffectsOffsetAndEventsCommitTogether", "store.kill")),
        Claim("one document in `commits`; if a process dies while applying it, the next one completes it",
              ("delivery_mongo.DeliveryTest.EffectsOffsetAndEventsCommitTogether",
               "store_mongo.MongoRecovery.APartlyAppliedCommitIsCompleted")),
        Claim("as the store; Kafka receives the events afterwards",
              ("delivery_kafka.DeliveryTest.EffectsOffsetAndEventsCommitTogether",))),
    Row("Largest transaction",
        Claim("more than 16 MiB", ("app.PromoteTest.LargeBatchesAreSplit",)),
        Claim("16 MiB, documents included",
              ("store_mongo.MongoLimits.ABatchBeyondOneDocumentIsRefusedWhole",)),
        Claim("as the store; an event larger than the broker accepts becomes a dead letter of the relay",
              ("log.KafkaLive.ALargeRecordPassesAndATooLargeOneIsALimit",
               "delivery.RelayTest.RefusedRecordBecomesADeadLetterAndCanBeRequeued"))),
    Row("Published means",
        Claim("synced to the machine's disk", ("store.SqliteHealth.ReportsEngineDurabilityAndSizes",)),
        Claim("acknowledged by the majority and journaled",
              ("store_mongo.MongoHealth.TellsWhatThereIs",)),
        Claim("stored; with `--wait log` also acknowledged by all in-sync replicas",
              ("cli.promote_engines:test_what_the_file_had_published_is_not_published_again",))),
    Row("A handler sees an event",
        Claim("after its commit", ("delivery.DeliveryTest.EachGroupSeesEveryEventAndStartsAtTheEarliest",)),
        Claim("after its commit; an event from another process at the next poll",
              ("store_mongo.MongoRace.SeeEachOthersEvents",)),
        Claim("after the relay and the broker",
              ("delivery_kafka.DeliveryTest.EachGroupSeesEveryEventAndStartsAtTheEarliest",))),
    Row("Duplicates in the log",
        Claim("never", ("store.kill",)),
        Claim("never", ("store_mongo.MongoKill.NothingIsLostOrDoneTwice",)),
        Claim("possible after a crash; groups handle it once",
              ("delivery.LogGroups.RepetitionsInTheLogTakeEffectOnce",))),
    Row("Expired events",
        Claim("removed by the program once all groups have finished them",
              ("store.Removal.EventsStayUntilEveryGroupHasFinishedThem",)),
        Claim("the same; there is no TTL index, which would not wait for groups",
              ("store_mongo.Removal.EventsStayUntilEveryGroupHasFinishedThem",)),
        Claim("removed by the topic's retention from the event's timestamp, whether or not a group has read them",
              ("log.KafkaTopics.GetPartitionsAndRetention",
               "delivery.RelayTest.PublishesBytesKeyAndHeadersUnchanged"))),
    Row("An event that is stored but not in the log", Claim("–"), Claim("–"),
        Claim("is taken from the store",
              ("delivery.LogBackfill.NewGroupReadsExpiredHistoryFromTheStore",
               "delivery.LogBackfill.RecordsRejectedByTheLogAreHandledInOrder",
               "cli.promote_engines:test_records_missing_from_the_topics_come_from_the_store"))),
    Row("`--where FIELD=VALUE`",
        Claim("by an index for declared fields, the user and the correlation id, which is filled for stored events "
              "when a field is newly declared; otherwise reads the events that match the other conditions, up to a "
              "time limit",
              ("store.Query.ByAnIndexedField", "store.FieldIndex.AnIndexedFieldIsNotScannedFor",
               "store.FieldIndex.ANewlyDeclaredFieldIsFilledInPortionsAndFoundMeanwhile",
               "store.QueryTime.EndlessSearchIsInterrupted")),
        Claim("the same, but events that were stored without the field in the index are not added to it: while there "
              "are any, the events that match the other conditions are transferred over the network",
              ("store_mongo.Query.ByAnIndexedField", "store_mongo.QueryTime.EndlessSearchIsInterrupted")),
        same()),
    Row("A document's key",
        Claim("4096 bytes", ("store.Documents.RefuseEmptyNames",)),
        Claim("4096 bytes",
              ("store_mongo.Documents.RefuseEmptyNames", "store_mongo.MongoLimits.TheLongestKeysAreIndexed")),
        same()),
    Row("Browsing the history",
        Claim("`events`, `show` and `tail` over all stored events", ("store.Query.APageStaysTheSameWhileTheLogGrows",)),
        Claim("the same; other programs can query the collections",
              ("store_mongo.Query.APageStaysTheSameWhileTheLogGrows",
               "store_mongo.MongoReader.SeesAnEventWithItsMembers")),
        same()),
    Row("`promote`",
        Claim("from a file; to a file", ("app.PromoteTest.CopiesEverythingUnchanged",)),
        Claim("to it, not from it",
              ("app_mongo.PromoteTest.CopiesEverythingUnchanged",
               "app_mongo.PromoteTest.ContinuesAfterAKillAtAnyStep")),
        Claim("the relay publishes what the file's relay had not",
              ("cli.promote_engines:test_what_the_file_had_published_is_not_published_again",
               "cli.promote_engines:test_the_history_goes_to_the_log_once"))),
    Row("Who retries a parked event",
        Claim("the one process", ("delivery.DeliveryTest.ParkedRecordsAndTheirAttemptsSurviveARestart",)),
        Claim("the process that runs the group",
              ("delivery_mongo.DeliveryTest.ParkedRecordsAndTheirAttemptsSurviveARestart",)),
        Claim("the member that owns its partition; if it was parked without a log, any one member",
              ("delivery.LogGroups.ParkedRecordsAreRetriedByTheNextOwner",
               "delivery.LogGroups.RecordsParkedWithoutALogAreRetriedByOneMember"))),
)


def table():
    lines = [BEGIN, "", "| | SQLite file | MongoDB | Kafka as the log | shown by |", "|---|---|---|---|---|"]
    for row in ROWS:
        claims = (row.sqlite, row.mongo, row.kafka)
        tests = dict.fromkeys(test for claim in claims for test in claim.tests)
        shown = ", ".join(f"`{test}`" for test in tests)
        lines.append(f"| {row.about} | {' | '.join(claim.says for claim in claims)} | {shown} |")
    return "\n".join([*lines, "", END])


def with_table(page):
    begin = page.index("<!-- differences:")
    end = page.find(END)
    rest = page[end + len(END):] if end >= 0 else page[page.index("-->", begin) + 3:]
    return page[:begin] + table() + rest


def wrong_tests(ctest, build):
    listed = subprocess.run([ctest, "--test-dir", build, "-N"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"Test +#\d+: (\S+)", listed.stdout))
    for row in ROWS:
        for claim in (row.sqlite, row.mongo, row.kafka):
            if not claim.tests and claim.says not in (SAME, "–"):
                yield f"{row.about}: no test shows: {claim.says}"
            for test in claim.tests:
                name, _, function = test.partition(":")
                if name not in known:
                    yield f"{row.about}: ctest runs no {name}"
                elif function:
                    room, _, part = name.partition(".")
                    text = (SCRIPTS[room] / f"{part}_test.py").read_text(encoding="utf-8")
                    if f"def {function}(" not in text:
                        yield f"{row.about}: {name} has no {function}"


def main():
    page = PAGE.read_text(encoding="utf-8")
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(with_table(page), encoding="utf-8")
        return 0
    if len(sys.argv) != 4 or sys.argv[1] != "--check":
        print(__doc__)
        return 2
    problems = list(wrong_tests(*sys.argv[2:]))
    if with_table(page) != page:
        problems.append("docs/engines.md has another table; run tests/docs/engine_differences.py --write")
    for problem in problems:
        print(problem)
    print(f"{len(ROWS)} rows, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

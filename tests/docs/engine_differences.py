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
        Claim("one; a second is refused and told its pid",
              ("store.Open.RefusesASecondProcessAndNamesTheFirst",)),
        Claim("any number",
              ("store_mongo.MongoRace.AppendInOneOrder", "store_mongo.MongoKill.NothingIsLostOrDoneTwice")),
        same()),
    Row("Commands while a program runs",
        Claim("reading ones beside it, writing ones by its socket",
              ("cli.run:test_publish_goes_through_the_running_program",
               "store.ReadOnly.ReadsBesideTheProgramAndAfterIt")),
        Claim("open the database themselves", ("cli.promote_engines:test_the_history_goes_to_the_log_once",)),
        same()),
    Row("`dead-letters requeue` reaches a running group",
        Claim("at once, by the program's socket", ("cli.run:test_requeue_through_the_program",)),
        Claim("with the group's next look at what is parked",
              ("delivery_mongo.DeliveryTest.ADeadLetterThatAnotherProcessRequeuedIsHandledOnce",)),
        Claim("with the group's next look at what is parked",
              ("delivery_kafka.DeliveryTest.ADeadLetterThatAnotherProcessRequeuedIsHandledOnce",))),
    Row("Order",
        Claim("one order of all events", ("store.Concurrency.ManyPublishersGetOneOrder",)),
        Claim("one order of all events, whichever process wrote them", ("store_mongo.MongoRace.AppendInOneOrder",)),
        Claim("of a key: the store's; in the log: within a partition",
              ("delivery_kafka.DeliveryTest.RecordsOfOneKeyAreHandledInOrderAndKeysInParallel",
               "log.KafkaLive.RecordsOfAKeyAreReadInTheOrderOfTheirCalls"))),
    Row("A transaction is",
        Claim("a transaction of SQLite, shared with those that wait",
              ("delivery.DeliveryTest.EffectsOffsetAndEventsCommitTogether", "store.kill")),
        Claim("one document in `commits`; who dies over its application leaves that to the next",
              ("delivery_mongo.DeliveryTest.EffectsOffsetAndEventsCommitTogether",
               "store_mongo.MongoRecovery.APartlyAppliedCommitIsCompleted")),
        Claim("the store's; the log gets its events afterwards",
              ("delivery_kafka.DeliveryTest.EffectsOffsetAndEventsCommitTogether",))),
    Row("Largest transaction",
        Claim("more than 16 MiB", ("app.PromoteTest.WhatIsTooMuchAtOnceIsCopiedInParts",)),
        Claim("16 MiB together, less what its documents need",
              ("store_mongo.MongoLimits.ABatchBeyondOneDocumentIsRefusedWhole",)),
        Claim("an event: what the broker takes; a larger one is a dead letter of the relay",
              ("log.KafkaLive.ALargeRecordPassesAndATooLargeOneIsALimit",
               "delivery.RelayTest.ARecordTheLogRefusesIsADeadLetterAndCanBeRequeued"))),
    Row("Published means",
        Claim("synced to this machine's disk", ("store.SqliteHealth.TellsWhatThereIs",)),
        Claim("acknowledged by the majority, journaled",
              ("store_mongo.MongoHealth.TellsWhatThereIs",)),
        Claim("in the store; `--wait log` waits for all in-sync replicas, too",
              ("cli.promote_engines:test_what_the_file_had_published_is_not_published_again",))),
    Row("A handler sees an event",
        Claim("after its commit", ("delivery.DeliveryTest.EachGroupSeesEveryEventAndStartsAtTheEarliest",)),
        Claim("after its commit; of another process with its next look",
              ("store_mongo.MongoRace.SeeEachOthersEvents",)),
        Claim("after the relay and the broker",
              ("delivery_kafka.DeliveryTest.EachGroupSeesEveryEventAndStartsAtTheEarliest",))),
    Row("An event twice in the log",
        Claim("never", ("store.kill",)),
        Claim("never", ("store_mongo.MongoKill.NothingIsLostOrDoneTwice",)),
        Claim("after a crash; groups handle it once", ("delivery.LogGroups.RepetitionsInTheLogTakeEffectOnce",))),
    Row("Expired events go",
        Claim("by the program's purge, once all groups have finished them", ("store.Removal.WaitsForEveryGroup",)),
        Claim("the same: no TTL index, which would ask no group", ("store_mongo.Removal.WaitsForEveryGroup",)),
        Claim("by the topic's retention and the event's timestamp, whether a group has read them or not",
              ("log.KafkaTopics.GetPartitionsAndRetention",
               "delivery.RelayTest.PublishesWhatIsStoredWithItsBytesKeyAndHeaders"))),
    Row("An event that is stored and not in the log", Claim("–"), Claim("–"),
        Claim("is handled from the store: retention, other topics, refused by the broker",
              ("delivery.LogGone.ANewGroupTakesHistoryFromTheStore",
               "delivery.LogGone.WhatTheLogRefusesIsHandledInItsPlace",
               "cli.promote_engines:test_what_the_topics_do_not_have_comes_from_the_store"))),
    Row("`--where MEMBER=VALUE`",
        Claim("looks at each event that the rest matches, within SQLite; cut off in time",
              ("store.Query.ByMembers", "store.QueryTime.AnEndlessSearchIsCutOff")),
        Claim("the same, but each comes over the network first",
              ("store_mongo.Query.ByMembers", "store_mongo.QueryTime.AnEndlessSearchIsCutOff")),
        same()),
    Row("A document's key",
        Claim("4096 bytes", ("store.Documents.RefuseEmptyNames",)),
        Claim("4096 bytes; on FerretDB about 2600 with the collection's name",
              ("store_mongo.Documents.RefuseEmptyNames",
               "store_mongo.MongoLimits.ADocumentThatCannotBeIndexedIsRefusedBeforeItsCommit")),
        same()),
    Row("Browsing the history",
        Claim("`events`, `show`, `tail` over all that is kept", ("store.Query.APageStaysTheSameWhileTheLogGrows",)),
        Claim("the same; other programs read the collections, too",
              ("store_mongo.Query.APageStaysTheSameWhileTheLogGrows",
               "store_mongo.MongoReader.SeesAnEventWithItsMembers")),
        same()),
    Row("`promote`",
        Claim("from a file; to a file", ("app.PromoteTest.EverythingIsAsItWas",)),
        Claim("to it, not from it",
              ("app_mongo.PromoteTest.EverythingIsAsItWas", "app_mongo.PromoteTest.KilledAtAnyStepItGoesOn")),
        Claim("the relay publishes what the file's had not",
              ("cli.promote_engines:test_what_the_file_had_published_is_not_published_again",
               "cli.promote_engines:test_the_history_goes_to_the_log_once"))),
    Row("What was parked",
        Claim("its one process retries it", ("delivery.DeliveryTest.ParkedRecordsAndTheirAttemptsSurviveARestart",)),
        Claim("the process that runs the group",
              ("delivery_mongo.DeliveryTest.ParkedRecordsAndTheirAttemptsSurviveARestart",)),
        Claim("the owner of its partition; one of an embedded store whichever is first",
              ("delivery.LogGroups.WhatAMemberParkedIsRetriedByTheNextOwner",
               "delivery.LogGroups.WhatWasParkedWithoutALogIsRetriedByOneOfTheMembers"))),
    Row("FerretDB in place of MongoDB",
        Claim("–"),
        Claim("conditional updates are not atomic: who won is decided by insertion alone, and what a late "
              "writer overwrites is written again; others take over from a slow one after 3 s, not 0.3; "
              "indexes are not unique",
              ("store_mongo.MongoRace.OneOfTwoWinsARevision",
               "store_mongo.MongoRecovery.ALateWriterChangesNothing",
               "store_mongo.MongoUndone.WhoWasLateBringsTheNewerOnesInAgain",
               "store_mongo.MongoUndone.AStartBringsItInAgain")),
        Claim("–")),
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

# SPDX-License-Identifier: Apache-2.0
"""Starts SecantusDB with one defect removed; arguments as for secantusd-py.

The server keeps the replies to the last 10,000 retryable writes of all clients, and sorts them at
every write once it has so many: from then on it spends most of its time sorting.
"""

import itertools
import sys

from secantus import cli, transactions

KEPT_REPLIES = 10_000


def forget_oldest_replies(registry):
    replies = registry._retryable
    if len(replies) >= 2 * KEPT_REPLIES:
        for key in list(itertools.islice(replies, KEPT_REPLIES)):
            del replies[key]


transactions.TransactionRegistry._prune_retryable_locked = forget_oldest_replies
sys.exit(cli.main())

// SPDX-License-Identifier: Apache-2.0
// The program of docs/write-a-program.md; transcripts_test.py runs it.
// clang-format off
#include "write-a-program/events.inc"
#include "write-a-program/billing.inc"
#include "write-a-program/api.inc"
#include "write-a-program/command.inc"
#include "write-a-program/main.inc"

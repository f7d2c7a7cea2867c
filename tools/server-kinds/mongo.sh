# shellcheck shell=bash
# A server that speaks MongoDB's protocol. Sourced by tools/servers, which says what it may use:
# $state, $cache, say, cannot, need, free_ports, spawn, finish, wait_for, pid_of.
#
# A kind has three functions:
#   KIND_fetch   brings the programs into $cache; `cannot` when they are not to be had
#   KIND_up      starts the server, its process spawned in a directory $state/KIND/NUMBER, and waits
#                until it answers; writes $state/KIND/env (NAME=value lines, quoted for a shell),
#                $state/KIND/summary (one line) and $state/KIND/NUMBER/command (one argument a line)
#   KIND_down    ends it

mongo_fetch() { cannot "no server that speaks MongoDB's protocol is set up here yet"; }
mongo_up() { return 1; }
mongo_down() { finish "$state/mongo/1"; }

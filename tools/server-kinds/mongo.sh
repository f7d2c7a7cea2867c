# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A server that speaks MongoDB's protocol, for tests: FerretDB 1.24 over PostgreSQL. Sourced by
# tools/servers, which says what it may use. FerretDB is mongo/1, PostgreSQL mongo/2.
#
# FerretDB is no MongoDB. What it lacks, as far as quipu's store meets it:
#   - transactions over several documents (the store needs none);
#   - conditional updates that are atomic: it reads, decides and writes back by _id, so two that
#     meet on one document within a millisecond may both think that they won;
#   - partial and TTL indexes: the unique indexes of MongoDB become plain ones;
#   - upserts within a bulk that go on after a key that exists, and more updates in one request
#     than it has connections to PostgreSQL: beyond that it waits for ever;
#   - indexes for anything but equality, and even that by scanning the table inside PostgreSQL;
#     ranges and orders are done document by document in FerretDB. So its figures say nothing
#     about MongoDB's;
#   - write concern and read concern: it takes them and does what PostgreSQL does.
# Its SQLite backend reads whole collections for an integer _id, so it is the slower one here.

ferret_version=v1.24.2
ferret=$cache/ferretdb-$ferret_version/ferretdb

# Builds the server into the cache, once. Its sources come through Go's module proxy; the file that
# its build would generate from git is written here.
mongo_fetch() {
    need python3 setpriv psql
    postgres_program initdb >/dev/null || cannot "PostgreSQL is missing; tools/install-packages test installs it"
    [[ -x $ferret ]] && return 0
    need go
    say "building FerretDB $ferret_version into ${ferret%/*}"
    local module work log
    mkdir -p "${ferret%/*}"
    work=$(mktemp -d "${ferret%/*}/build.XXXXXX")
    log=$work.log
    module=$(cd / && GOFLAGS=-mod=mod go mod download -json "github.com/FerretDB/FerretDB@$ferret_version" 2>"$log" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p') || true
    if [[ -n $module ]] && cp -r "$module/." "$work" && chmod -R u+w "$work" &&
        echo "$ferret_version" >"$work/build/version/version.txt" &&
        (cd "$work" && CGO_ENABLED=0 go build -o "$ferret.new" ./cmd/ferretdb) >>"$log" 2>&1; then
        mv "$ferret.new" "$ferret"
    fi
    rm -rf "$work"
    [[ -x $ferret ]] || { tail -n 5 "$log" >&2; cannot "FerretDB cannot be fetched and built"; }
    rm -f "$log"
}

# The path of one of PostgreSQL's programs, which Debian keeps out of the PATH.
postgres_program() {
    local found
    found=$(find /usr/lib/postgresql -path "*/bin/$1" 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || found=$(command -v "$1") || return 1
    echo "$found"
}

# PostgreSQL refuses root.
as_postgres=()
if ((EUID == 0)); then
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

mongo_sql() { psql -h "$state/mongo/2" -p "$1" -U quipu -d postgres -qtc "$2"; }

mongo_up() {
    local ferret_node=$state/mongo/1 sql_node=$state/mongo/2 port sql_port command_line
    mkdir -p "$ferret_node/state" "$sql_node"
    read -r port sql_port <<<"$(free_ports 2)"
    if ((EUID == 0)); then
        chmod 711 "$state" "$state/mongo"
        chown postgres "$sql_node"
        "${as_postgres[@]}" test -w "$sql_node" ||
            cannot "the user postgres cannot enter $sql_node; set QUIPU_SERVERS_STATE to a directory that it can"
    fi
    if ! "${as_postgres[@]}" "$(postgres_program initdb)" -D "$sql_node/data" -A trust -U quipu -E UTF8 \
        --no-locale --no-instructions >"$sql_node/log" 2>&1 </dev/null; then
        tail -n 20 "$sql_node/log" >&2
        return 1
    fi
    command_line=("${as_postgres[@]}" "$(postgres_program postgres)" -D "$sql_node/data" -p "$sql_port"
        -k "$sql_node" -c listen_addresses=127.0.0.1 -c max_connections=120)
    printf '%s\n' "${command_line[@]}" >"$sql_node/command"
    spawn "$sql_node" "${command_line[@]}"
    wait_for 60 "$sql_node" mongo_sql "$sql_port" 'SELECT 1' || return 1
    mongo_sql "$sql_port" 'CREATE DATABASE ferretdb' || return 1
    command_line=("$ferret" --handler=postgresql --telemetry=disable --log-level=WARN
        "--postgresql-url=postgres://quipu@127.0.0.1:$sql_port/ferretdb" "--state-dir=$ferret_node/state"
        "--listen-addr=127.0.0.1:$port" --debug-addr=-)
    printf '%s\n' "${command_line[@]}" >"$ferret_node/command"
    spawn "$ferret_node" "${command_line[@]}"
    wait_for 60 "$ferret_node" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || return 1
    printf 'QUIPU_TEST_MONGO=mongodb://127.0.0.1:%s/\nQUIPU_TEST_MONGO_PID=%s\n' "$port" \
        "$(pid_of "$ferret_node")" >"$state/mongo/env"
    echo "FerretDB at 127.0.0.1:$port" >"$state/mongo/summary"
}

# FerretDB first: PostgreSQL waits for its clients.
mongo_down() {
    finish "$state/mongo/1"
    finish "$state/mongo/2"
}

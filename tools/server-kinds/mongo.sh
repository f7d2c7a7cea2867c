# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A server that speaks MongoDB's protocol, for tests: SecantusDB, one node over WiredTiger that
# presents itself as the primary of a replica set. Sourced by tools/servers, which says what it may
# use.
#
# SecantusDB is no MongoDB: it is written in Python, so its speed says nothing about MongoDB's; it
# has one node, so a majority is that node and no primary is ever elected; and it accepts a write
# that its storage has not synchronized to disk, so it may lose acknowledged writes when the
# machine loses power, though not when the process is killed.

mongo_requirements=$root/tools/server-kinds/mongo-requirements.txt
mongo_python=${PYTHON:-python3}

mongo_environment() {
    echo "$cache/secantusdb-$({ "$mongo_python" -VV && cat "$mongo_requirements"; } | sha256sum | cut -c1-12)"
}

# Installs the server into a virtual environment in the cache, once.
mongo_fetch() {
    need "$mongo_python"
    local environment log lock
    environment=$(mongo_environment)
    [[ ! -f $environment/complete ]] || return 0
    log=$environment.log
    mkdir -p "$cache"
    exec {lock}>"$environment.lock"
    flock "$lock"
    if [[ ! -f $environment/complete ]]; then
        say "installing SecantusDB into $environment"
        rm -rf "$environment"
        "$mongo_python" -m venv "$environment" >"$log" 2>&1 </dev/null || {
            tail -n 5 "$log" >&2
            cannot "no virtual environment can be made; tools/install-packages test installs python3-venv"
        }
        "$environment/bin/pip" install --quiet --disable-pip-version-check --retries 2 --no-deps \
            --only-binary :all: --require-hashes -r "$mongo_requirements" >"$log" 2>&1 </dev/null || {
            tail -n 5 "$log" >&2
            cannot "PyPI does not give the packages of ${mongo_requirements#"$root"/}"
        }
        touch "$environment/complete"
    fi
    exec {lock}>&-
}

mongo_up() {
    local node=$state/mongo/1 environment port command_line
    environment=$(mongo_environment)
    mkdir -p "$node"
    port=$(free_ports 1)
    # An empty file of settings: else those of the user would apply.
    : >"$node/settings.toml"
    command_line=("$environment/bin/python" -B "$root/tools/server-kinds/mongo-server.py"
        --config "$node/settings.toml" --host 127.0.0.1 --port "$port" --storage-path "$node/data"
        --log-level WARNING)
    printf '%s\n' "${command_line[@]}" >"$node/command"
    spawn "$node" "${command_line[@]}"
    wait_for 60 "$node" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || return 1
    echo "QUIPU_TEST_MONGO=mongodb://127.0.0.1:$port/" >"$state/mongo/env"
    echo "SecantusDB at 127.0.0.1:$port" >"$state/mongo/summary"
}

mongo_down() { finish "$state/mongo/1"; }

# A server that speaks MongoDB's protocol, for tests: FerretDB 1.24 over PostgreSQL. To be sourced;
# tools/servers calls mongo_fetch, mongo_up and mongo_down.
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

MONGO_VERSION=v1.24.2
MONGO_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/quipu/servers/ferretdb-$MONGO_VERSION

# Builds the server into the cache, once. Its sources come through Go's module proxy; the file that
# its build would generate from git is written here.
mongo_fetch() {
    [ -x "$MONGO_CACHE/ferretdb" ] && return 0
    command -v go >/dev/null || { echo "mongo: go is not installed" >&2; return 1; }
    mongo_postgres initdb >/dev/null || return 1
    local module work
    module=$(cd / && GOFLAGS=-mod=mod go mod download -json "github.com/FerretDB/FerretDB@$MONGO_VERSION" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    [ -d "$module" ] || { echo "mongo: FerretDB's sources cannot be had" >&2; return 1; }
    mkdir -p "$MONGO_CACHE" && work=$(mktemp -d "$MONGO_CACHE/build.XXXXXX") || return 1
    cp -r "$module/." "$work" && chmod -R u+w "$work" &&
        echo "$MONGO_VERSION" >"$work/build/version/version.txt" &&
        (cd "$work" && CGO_ENABLED=0 go build -o "$MONGO_CACHE/ferretdb.new" ./cmd/ferretdb) &&
        mv "$MONGO_CACHE/ferretdb.new" "$MONGO_CACHE/ferretdb"
    local result=$?
    rm -rf "$work"
    return $result
}

# The path of one of PostgreSQL's programs.
mongo_postgres() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -1)
    [ -n "$found" ] || found=$(command -v "$1") || {
        echo "mongo: PostgreSQL is not installed (package postgresql)" >&2
        return 1
    }
    echo "$found"
}

# Runs a command as a user that PostgreSQL takes: it refuses root.
mongo_as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

mongo_free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# mongo_up STATE_DIR: starts both on free ports of the loopback, waits until FerretDB answers and
# writes STATE_DIR/mongo.env with QUIPU_TEST_MONGO and QUIPU_TEST_MONGO_PID; prints the first.
mongo_up() {
    local state=$1/mongo port sql_port attempt
    mkdir -p "$state/postgres" "$state/ferretdb" || return 1
    chmod 711 "$1" "$state"
    [ "$(id -u)" = 0 ] && chown postgres "$state/postgres"
    sql_port=$(mongo_free_port)
    if [ ! -d "$state/postgres/data" ]; then
        mongo_as_user "$(mongo_postgres initdb)" -D "$state/postgres/data" -A trust -U quipu \
            -E UTF8 --no-locale --no-instructions >"$state/initdb.log" 2>&1 ||
            { cat "$state/initdb.log" >&2; return 1; }
    fi
    mongo_as_user "$(mongo_postgres pg_ctl)" -D "$state/postgres/data" -w -s \
        -l "$state/postgres/log" -o "-p $sql_port -k '$state/postgres' \
        -c listen_addresses=127.0.0.1 -c max_connections=120" start || return 1
    psql -h "$state/postgres" -p "$sql_port" -U quipu -d postgres -qtc \
        "SELECT 1 FROM pg_database WHERE datname = 'ferretdb'" | grep -q 1 ||
        psql -h "$state/postgres" -p "$sql_port" -U quipu -d postgres -qc \
            'CREATE DATABASE ferretdb' || return 1
    port=$(mongo_free_port)
    "$MONGO_CACHE/ferretdb" --handler=postgresql --telemetry=disable --log-level=WARN \
        --postgresql-url="postgres://quipu@127.0.0.1:$sql_port/ferretdb" \
        --state-dir="$state/ferretdb" --listen-addr="127.0.0.1:$port" --debug-addr=- \
        >"$state/ferretdb.log" 2>&1 </dev/null &
    echo $! >"$state/ferretdb.pid"
    for attempt in $(seq 100); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf 'QUIPU_TEST_MONGO=mongodb://127.0.0.1:%s/\nQUIPU_TEST_MONGO_PID=%s\n' \
                "$port" "$(cat "$state/ferretdb.pid")" >"$1/mongo.env"
            head -1 "$1/mongo.env"
            return 0
        fi
        sleep 0.1
    done
    cat "$state/ferretdb.log" >&2
    mongo_down "$1"
    return 1
}

# mongo_down STATE_DIR: ends what mongo_up started there; the data stays.
mongo_down() {
    local state=$1/mongo pid attempt
    if pid=$(cat "$state/ferretdb.pid" 2>/dev/null) &&
        grep -qz ferretdb "/proc/$pid/cmdline" 2>/dev/null; then
        kill -CONT "$pid"
        kill "$pid"
        # It waits for requests that never end when it has run out of connections.
        for attempt in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            [ "$attempt" = 50 ] && kill -KILL "$pid"
            sleep 0.1
        done
    fi
    rm -f "$state/ferretdb.pid" "$1/mongo.env"
    [ -d "$state/postgres/data" ] || return 0
    mongo_as_user "$(mongo_postgres pg_ctl)" -D "$state/postgres/data" -m fast -w -s stop
}

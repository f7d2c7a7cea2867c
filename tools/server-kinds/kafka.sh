# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Apache Kafka in KRaft mode: one broker, one with security, or three. Sourced by tools/servers.
# A broker of kind KIND with number N lives in $state/KIND/N.

kafka_pom=$root/tools/server-kinds/kafka.pom.xml
kafka_libs=$cache/kafka-$(sha256sum "$kafka_pom" | cut -c1-12)
# Small and quick to start rather than quick to run; tools/bench-kafka sets it otherwise.
# shellcheck disable=SC2206  # several words
kafka_java=(java ${QUIPU_KAFKA_JVM:--Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1} -XX:-UsePerfData)

kafka_fetch() {
    need java mvn kcat python3 openssl
    [[ -f $kafka_libs/complete ]] || maven_fetch "Apache Kafka" "$kafka_pom" "$kafka_libs"
}
kafka_sasl_fetch() { kafka_fetch; }
kafka3_fetch() { kafka_fetch; }

# What every broker here has in common. Arguments: directory, node id, replicas, controllers. A
# broker that is gone is noticed quickly: the tests stop and kill some. With a shorter session brokers
# of a machine that is busy with tests lose it while they live.
kafka_common() {
    cat <<TEXT
process.roles=broker,controller
node.id=$2
controller.quorum.voters=$4
controller.listener.names=CONTROLLER
log.dirs=$1/data
auto.create.topics.enable=false
default.replication.factor=$3
offsets.topic.replication.factor=$3
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$3
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
min.insync.replicas=$(($3 > 2 ? 2 : 1))
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=2097152
TEXT
}

# Quiet but for what went wrong.
kafka_logging() {
    cat <<'TEXT'
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1}: %m%n
TEXT
}

# kafka_node DIRECTORY CLUSTER_ID [STORAGE_OPTION]...: formats the storage and starts the broker.
kafka_node() {
    local directory=$1 cluster=$2
    shift 2
    kafka_logging >"$directory/log4j.properties"
    local java=("${kafka_java[@]}" "-Dlog4j.configuration=file:$directory/log4j.properties" -cp "$kafka_libs/libs/*")
    if ! "${java[@]}" kafka.tools.StorageTool format -t "$cluster" -c "$directory/server.properties" "$@" \
        >"$directory/log" 2>&1 </dev/null; then
        say "the storage cannot be formatted:"
        tail -n 20 "$directory/log" >&2
        return 1
    fi
    printf '%s\n' "${java[@]}" kafka.Kafka "$directory/server.properties" >"$directory/command"
    spawn "$directory" "${java[@]}" kafka.Kafka "$directory/server.properties"
}

# The first character must not look like an option.
kafka_cluster_id() {
    python3 -c 'import base64, os; print("q" + base64.urlsafe_b64encode(os.urandom(16)).decode()[1:22])'
}
kafka_answers() { kcat -b "$1" -L -m 2; }

kafka_up() {
    local node=$state/kafka/1 port controller
    mkdir -p "$node"
    read -r port controller <<<"$(free_ports 2)"
    {
        kafka_common "$node" 1 1 "1@127.0.0.1:$controller"
        cat <<TEXT
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://${QUIPU_SERVERS_ADVERTISED:-127.0.0.1:$port}
TEXT
    } >"$node/server.properties"
    kafka_node "$node" "$(kafka_cluster_id)" || return 1
    wait_for 60 "$node" kafka_answers "127.0.0.1:$port" || return 1
    echo "QUIPU_TEST_KAFKA=127.0.0.1:$port" >"$state/kafka/env"
    echo "Apache Kafka at 127.0.0.1:$port" >"$state/kafka/summary"
}

# An authority, a certificate for 127.0.0.1 by it, and another authority that signed nothing.
kafka_certificates() {
    local to=$1
    {
        local name
        for name in ca other-ca; do
            openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Quipu test $name" \
                -keyout "$to/$name.key" -out "$to/$name.pem"
        done
        openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$to/server.key" -out "$to/server.csr"
        printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$to/server.ext"
        openssl x509 -req -days 30 -in "$to/server.csr" -CA "$to/ca.pem" -CAkey "$to/ca.key" -CAcreateserial \
            -extfile "$to/server.ext" -out "$to/server.crt"
        cat "$to/server.key" "$to/server.crt" "$to/ca.pem" >"$to/server.pem"
    } >"$to/openssl.log" 2>&1 </dev/null || { tail -n 5 "$to/openssl.log" >&2; return 1; }
}

kafka_sasl_up() {
    local directory=$state/kafka-sasl node=$state/kafka-sasl/1 port sasl tls controller password poor
    local modules=org.apache.kafka.common.security open
    mkdir -p "$node"
    read -r port sasl tls controller <<<"$(free_ports 4)"
    password=$(openssl rand -hex 12)
    poor=$(openssl rand -hex 12)
    kafka_certificates "$directory" || return 1
    open=PLAINTEXT://127.0.0.1:$port,SASL_PLAINTEXT://127.0.0.1:$sasl,SASL_SSL://127.0.0.1:$tls
    {
        kafka_common "$node" 1 1 "1@127.0.0.1:$controller"
        cat <<TEXT
listeners=$open,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$open
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:rich;User:token
ssl.keystore.type=PEM
ssl.keystore.location=$directory/server.pem
TEXT
        local listener
        for listener in sasl_plaintext sasl_ssl; do
            cat <<TEXT
listener.name.$listener.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,OAUTHBEARER
listener.name.$listener.plain.sasl.jaas.config=$modules.plain.PlainLoginModule required \
user_rich="$password" user_poor="$poor";
listener.name.$listener.scram-sha-256.sasl.jaas.config=$modules.scram.ScramLoginModule required;
listener.name.$listener.oauthbearer.sasl.jaas.config=$modules.oauthbearer.OAuthBearerLoginModule required;
TEXT
        done
    } >"$node/server.properties"
    kafka_node "$node" "$(kafka_cluster_id)" \
        --add-scram "SCRAM-SHA-256=[name=rich,password=$password]" \
        --add-scram "SCRAM-SHA-256=[name=poor,password=$poor]" || return 1
    wait_for 60 "$node" kafka_answers "127.0.0.1:$port" || return 1
    cat >"$directory/env" <<TEXT
QUIPU_TEST_KAFKA_SASL=127.0.0.1:$sasl
QUIPU_TEST_KAFKA_TLS=127.0.0.1:$tls
QUIPU_TEST_KAFKA_PASSWORD=$password
QUIPU_TEST_KAFKA_POOR_PASSWORD=$poor
QUIPU_TEST_KAFKA_CA=$(printf %q "$directory/ca.pem")
QUIPU_TEST_KAFKA_OTHER_CA=$(printf %q "$directory/other-ca.pem")
TEXT
    echo "Apache Kafka with passwords at 127.0.0.1:$sasl, with passwords and TLS at 127.0.0.1:$tls" \
        >"$directory/summary"
}

kafka3_up() {
    local ports controllers=() brokers=() cluster voters n node
    read -r -a ports <<<"$(free_ports 6)"
    for n in 1 2 3; do
        brokers+=("127.0.0.1:${ports[n - 1]}")
        controllers+=("$n@127.0.0.1:${ports[n + 2]}")
    done
    voters=$(IFS=,; echo "${controllers[*]}")
    cluster=$(kafka_cluster_id)
    for n in 1 2 3; do
        node=$state/kafka3/$n
        mkdir -p "$node"
        {
            kafka_common "$node" "$n" 3 "$voters"
            cat <<TEXT
listeners=PLAINTEXT://${brokers[n - 1]},CONTROLLER://127.0.0.1:${ports[n + 2]}
advertised.listeners=PLAINTEXT://${brokers[n - 1]}
replica.lag.time.max.ms=3000
TEXT
        } >"$node/server.properties"
        kafka_node "$node" "$cluster" || return 1
    done
    for n in 1 2 3; do
        wait_for 90 "$state/kafka3/$n" kafka3_answers "${brokers[n - 1]}" || return 1
    done
    local list
    list=$(IFS=,; echo "${brokers[*]}")
    echo "QUIPU_TEST_KAFKA3=$list" >"$state/kafka3/env"
    echo "Apache Kafka, three brokers: $list" >"$state/kafka3/summary"
}
kafka3_answers() { [[ $(kcat -b "$1" -L -m 2 | grep -c '^  broker ') == 3 ]]; }

# All are asked to end at the same time: a controller without its quorum would wait.
kafka_end() {
    local node
    for node in "$state/$1"/[0-9]*; do
        finish "$node" "${2:-15}" &
    done
    wait
}
kafka_down() { kafka_end kafka; }
kafka_sasl_down() { kafka_end kafka-sasl; }
kafka3_down() { kafka_end kafka3 5; }

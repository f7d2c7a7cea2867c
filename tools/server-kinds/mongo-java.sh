# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Another server that speaks MongoDB's protocol: mongo-java-server 1.47, in memory. Sourced by
# tools/servers.
#
# It is here for one thing: a second implementation, on which the contract suite runs.

mongo_java_pom=$root/tools/server-kinds/mongo-java.pom.xml
mongo_java_source=$root/tools/server-kinds/MongoJava.java
mongo_java_libs=$cache/mongo-java-$(sha256sum "$mongo_java_pom" | cut -c1-12)

mongo_java_fetch() {
    need java mvn python3
    [[ -f $mongo_java_libs/complete ]] || maven_fetch mongo-java "$mongo_java_pom" "$mongo_java_libs"
    # Without a compiler, Java cannot start a source file.
    [[ $(java --list-modules) == *jdk.compiler* ]] ||
        cannot "this Java has no compiler; tools/install-packages test installs one"
}

mongo_java_up() {
    local node=$state/mongo-java/1 port command_line
    mkdir -p "$node"
    port=$(free_ports 1)
    command_line=(java -Xms64m -Xmx1g -XX:+UseSerialGC -XX:-UsePerfData -cp "$mongo_java_libs/libs/*"
        "$mongo_java_source" "$port")
    printf '%s\n' "${command_line[@]}" >"$node/command"
    spawn "$node" "${command_line[@]}"
    wait_for 60 "$node" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || return 1
    echo "QUIPU_TEST_MONGO_JAVA=mongodb://127.0.0.1:$port/" >"$state/mongo-java/env"
    echo "mongo-java-server at 127.0.0.1:$port" >"$state/mongo-java/summary"
}

mongo_java_down() { finish "$state/mongo-java/1"; }

// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/setting_reference.hpp"

#include <fmt/core.h>

#include "quipu/app/settings/settings.hpp"

namespace quipu {

namespace {

constexpr std::string_view head = R"(# Configuration

<!-- Written by `PROGRAM config --reference`; its table is in
src/quipu/app/settings/settings.cpp. -->

Every program takes the same settings, from four places; the first that has one wins:

1. the command line: `--store URL`
2. the environment: `QUIPU_STORE=URL`, or `QUIPU_STORE_FILE=PATH` for a file that holds the value.
   `PROGRAM_FILE=PATH`, with the program's name (`HELLO_FILE` for hello), names the store's file.
3. a configuration file, named by `--config PATH` or `QUIPU_CONFIG`
4. the default

`PROGRAM config` shows what is in force and where it comes from, without secrets. A wrong value, or
a name that is not known, stops the program and is told with the nearest right one. Only in the
environment a name that begins with `QUIPU_` and is like no setting has no effect, since others may
have set it: `run` warns of it, and `config` lists it.

## Settings

)";

// clang-format off
constexpr std::string_view tail = R"(
`--file PATH` is short for `--store sqlite:PATH`, and `--no-http` for no `http`. Switches of `run`
are marked; in the environment and in a file they may stand for every command.

## Stores

| URL | is |
|---|---|
| `orders.db`, `sqlite:orders.db` | an SQLite file; one process writes it |
| `mongodb://USER@HOST:PORT/DATABASE?replicaSet=rs0` | a MongoDB database (a replica set); any number of processes write it |
| `mongodb+srv://USER@HOST/DATABASE` | the same, with hosts from DNS |

MongoDB's own options stand in the URL. `w`, `journal`, `readConcernLevel` and `readPreference` are
fixed, since what the store promises depends on them: other values than `majority`, `true`,
`majority` and `primary` are refused. The password belongs in `mongodb-password`; one in the URL
works, too, and is never printed, but others can read a command line.

## Logs

| URL | is |
|---|---|
| `store` | the store itself |
| `kafka://HOST:PORT,HOST:PORT/PREFIX?PROPERTY=VALUE&…` | topics in Kafka, one for each event type, named prefix + event type |

## Kafka's properties

librdkafka's properties have their own names and pass through: `kafka.PROPERTY` in a file,
`--kafka PROPERTY=VALUE`, or in the log's URL. In the environment, `QUIPU_KAFKA_SASL_USERNAME` is
`kafka.sasl.username`. Those on which delivery depends are refused, with the reason. Secrets
(`sasl.password`, `ssl.key.password`, …) are taken from a file and the environment only.

## Configuration file

```ini
# A comment has its own line.
store = mongodb://orders@db1.internal,db2.internal/orders?replicaSet=rs0
log = kafka://broker1.internal:9093,broker2.internal:9093/prod-
topic-replication = 3

[kafka]
security.protocol = SASL_SSL
sasl.mechanism = SCRAM-SHA-512
sasl.username = orders
```

with `QUIPU_MONGODB_PASSWORD_FILE` and `QUIPU_KAFKA_SASL_PASSWORD_FILE` naming files that only the
program can read.

With tokens in place of passwords, another program, such as Kubernetes for a service account, keeps a
signed JSON Web Token fresh in a file. It is read at the start and whenever four fifths of the token's
time are over; the URL is written as for Kafka's Java clients:

```ini
[kafka]
security.protocol = SASL_SSL
sasl.mechanism = OAUTHBEARER
sasl.oauthbearer.token.endpoint.url = file:///var/run/secrets/kafka/token
```

An `https:` URL there, by which librdkafka itself asks a server for tokens, needs a librdkafka that was
built with libcurl; Debian's was not.
)";
// clang-format on

std::string option_of(const Setting& setting) {
    if (setting.secret) return "none";
    std::string text = "`" + setting.option();
    if (!setting.placeholder.empty()) text += " " + setting.placeholder;
    return text + "`" + (setting.run_only ? " (`run`)" : "");
}

}  // namespace

std::string setting_reference() {
    std::string text(head);
    text += "| in a file | variable | switch | default | meaning |\n|---|---|---|---|---|\n";
    for (const Setting& setting : make_settings("PROGRAM", "")) {
        const std::string fallback =
            setting.fallback.empty() ? "none" : "`" + setting.fallback + "`";
        text += fmt::format("| `{}` | `{}` | {} | {} | {}{} |\n", setting.name, setting.variable(),
                            option_of(setting), fallback, setting.meaning,
                            setting.secret ? ". Secret" : "");
    }
    text +=
        "| `kafka.PROPERTY` | `QUIPU_KAFKA_PROPERTY` | `--kafka PROPERTY=VALUE` | none | A "
        "property of librdkafka |\n";
    return text + std::string(tail);
}

}  // namespace quipu

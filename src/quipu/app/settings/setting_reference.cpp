// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/setting_reference.hpp"

#include <fmt/core.h>

#include "quipu/app/settings/settings.hpp"

namespace quipu {

namespace {

constexpr std::string_view head = R"(# Configuration

<!-- Written by `PROGRAM config --reference`; its table is in
src/quipu/app/settings/settings.cpp. -->

All programs take the same settings. A setting is looked up in these places, and the first that has
a value wins:

1. the command line: `--store URL`
2. the environment: `QUIPU_STORE=URL`, or `QUIPU_STORE_FILE=PATH` with the path of a file that
   holds the value. `PROGRAM_FILE=PATH`, with the program's name (`HELLO_FILE` for hello), sets the
   path of the store's file.
3. a configuration file, named by `--config PATH` or `QUIPU_CONFIG`
4. the default

`PROGRAM config` prints the settings in force and where each comes from, without secrets. A wrong
value or an unknown name is an error, which suggests the nearest valid name. Variables that begin
with `QUIPU_` and resemble no setting are ignored, because other programs may have set them; `run`
warns about them and `config` lists them.

## Settings

)";

// clang-format off
constexpr std::string_view tail = R"(
`--file PATH` is short for `--store sqlite:PATH`, and `--no-http` turns HTTP off. Each command has the
options that mean something to it, which `PROGRAM COMMAND --help` shows; those marked with `run` belong
to that command alone. In the environment and in a file, any setting may be given for every command.

## Stores

| URL | store |
|---|---|
| `orders.db`, `sqlite:orders.db` | an SQLite file; one process writes it |
| `mongodb://USER@HOST:PORT/DATABASE?replicaSet=rs0` | a MongoDB database (a replica set); any number of processes write it |
| `mongodb+srv://USER@HOST/DATABASE` | the same, with the hosts taken from DNS |

MongoDB's own options are part of the URL. `w`, `journal`, `readConcernLevel` and `readPreference` are
fixed to `majority`, `true`, `majority` and `primary`, because the store's guarantees depend on them;
other values are refused. Set the password with `mongodb-password`. A password in the URL works and is
never printed, but other users of the machine can read a command line.

## Logs

| URL | log |
|---|---|
| `store` | the store itself |
| `kafka://HOST:PORT,HOST:PORT/PREFIX?PROPERTY=VALUE&…` | Kafka; each event type has a topic named prefix + event type |

## Kafka's properties

librdkafka's properties keep their names: `kafka.PROPERTY` in a file, `--kafka PROPERTY=VALUE`, or a
parameter of the log's URL. In the environment, `QUIPU_KAFKA_SASL_USERNAME` sets
`kafka.sasl.username`. Properties that delivery depends on are refused, with the reason. Secrets
(`sasl.password`, `ssl.key.password`, …) are accepted from a file and from the environment only.

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

Set `QUIPU_MONGODB_PASSWORD_FILE` and `QUIPU_KAFKA_SASL_PASSWORD_FILE` to files that only the program
can read.

To authenticate with tokens instead of passwords, let another program, such as Kubernetes for a service
account, keep a signed JSON Web Token up to date in a file. It is read at the start and whenever four
fifths of the token's lifetime have passed. The URL is written as for Kafka's Java clients:

```ini
[kafka]
security.protocol = SASL_SSL
sasl.mechanism = OAUTHBEARER
sasl.oauthbearer.token.endpoint.url = file:///var/run/secrets/kafka/token
```

With an `https:` URL librdkafka requests tokens from a server. This needs a librdkafka that was built
with libcurl; Debian's was not.
)";
// clang-format on

std::string option_of(const Setting& setting) {
    if (setting.secret) return "none";
    std::string text = "`" + setting.option();
    if (!setting.placeholder.empty()) text += " " + setting.placeholder;
    return text + "`" + (setting.scope == Setting::Scope::run ? " (`run`)" : "");
}

}  // namespace

std::string setting_reference() {
    std::string text(head);
    text += "| in a file | variable | option | default | meaning |\n|---|---|---|---|---|\n";
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

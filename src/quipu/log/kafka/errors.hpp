// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "quipu/base/error.hpp"

namespace quipu::kafka {

/// The kind of a connection problem, by the remedy that it needs.
enum class Trouble {
    none,         ///< not a connection problem
    unreachable,  ///< no route, connection refused, unknown host, timeout
    credentials,  ///< the broker answers but rejects the login
    tls,          ///< no trust, or only one side uses TLS
};

struct Explanation {
    Trouble trouble = Trouble::none;
    Error error;
};

/// Explains an error event of a client: the address, the reason and what to try. `reason` is
/// librdkafka's text.
[[nodiscard]] Explanation explain(rd_kafka_resp_err_t code, std::string_view reason);

/// The error for a record that was not delivered. `topic` is the topic of `event_type`.
[[nodiscard]] Error produce_error(rd_kafka_resp_err_t code, std::string_view event_type,
                                  std::string_view topic);

/// Whether the code means that the topic does not exist.
[[nodiscard]] bool is_not_found(rd_kafka_resp_err_t code);
/// Whether a broker may return the code for a batch in which other records are valid.
[[nodiscard]] bool rejects_batch(rd_kafka_resp_err_t code);

/// The error of an administrative call or of a group. `what` says what it concerns.
[[nodiscard]] Error call_error(rd_kafka_resp_err_t code, std::string_view what,
                               std::string_view reason);

/// librdkafka's text for a code, such as "Topic authorization failed", without the prefix
/// "Broker:".
[[nodiscard]] std::string describe(rd_kafka_resp_err_t code);

}  // namespace quipu::kafka

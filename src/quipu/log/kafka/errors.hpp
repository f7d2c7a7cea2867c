// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "quipu/base/error.hpp"

namespace quipu::kafka {

/// What is wrong between this process and the brokers, by what a person must do about it.
enum class Trouble {
    none,         ///< not about the connection
    unreachable,  ///< no route, refused, no such host, timed out
    credentials,  ///< the broker answers and does not let us in
    tls,          ///< no trust, or one side speaks TLS and the other does not
};

struct Explanation {
    Trouble trouble = Trouble::none;
    Error error;
};

/// An error event of a client in words: the address, the reason, what to try. `reason` is
/// librdkafka's text.
[[nodiscard]] Explanation explain(rd_kafka_resp_err_t code, std::string_view reason);

/// What became of a record that is not delivered. `event_type` names it, `topic` is its topic.
[[nodiscard]] Error produce_error(rd_kafka_resp_err_t code, std::string_view event_type,
                                  std::string_view topic);

/// Whether it says that there is no such topic.
[[nodiscard]] bool says_not_found(rd_kafka_resp_err_t code);
/// Whether a broker may say it of a batch in which other records are sound.
[[nodiscard]] bool refuses_batch(rd_kafka_resp_err_t code);

/// The failure of an administrative call or of a group, about `what`.
[[nodiscard]] Error call_error(rd_kafka_resp_err_t code, std::string_view what,
                               std::string_view reason);

/// librdkafka's "Broker: Topic authorization failed", without the prefix.
[[nodiscard]] std::string describe(rd_kafka_resp_err_t code);

}  // namespace quipu::kafka

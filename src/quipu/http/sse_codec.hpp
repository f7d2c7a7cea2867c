// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "quipu/http/sse.hpp"

namespace quipu::http {

/// `event` in its wire form, with the blank line that ends it.
[[nodiscard]] std::string encode_sse(const SseEvent& event);

/// The comment that is sent when a stream has been silent for a while.
inline constexpr std::string_view sse_heartbeat = ":\n\n";

/// Parses the events of a stream, however its bytes are split. LF, CR and CR LF end a line.
class SseDecoder {
  public:
    using OnEvent = std::function<bool(const SseEvent&)>;
    SseDecoder(std::size_t event_bytes_max, OnEvent on_event);

    enum class State { more, stopped, too_large };
    /// Calls `on_event` for each complete event; `stopped` if it returns false. An event without
    /// data is ignored, except that its id applies to the following events.
    State feed(std::string_view bytes);

  private:
    State end_line();
    void take_field(std::string_view name, std::string_view value);

    std::size_t event_bytes_max_;
    OnEvent on_event_;
    std::string line_;
    SseEvent event_;
    bool has_data_ = false;
    bool after_cr_ = false;
    bool at_start_ = true;
};

}  // namespace quipu::http

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quipu/app/commands/invocation.hpp"
#include "quipu/event/field.hpp"
#include "quipu/store/record.hpp"

namespace quipu {

struct HeaderView {
    std::string name;
    std::optional<std::string> value;          ///< null: the header has no value
    Omittable<std::string> value_base64 = {};  ///< set if the value is not UTF-8
};

/// The JSON of a stored event in the output of --json.
struct EventView {
    std::int64_t position = 0;
    std::string event_id;
    std::string event_type;
    std::string key;
    std::optional<std::string> aggregate_id;
    std::int64_t sequence = 0;
    Time timestamp{};
    Time stored_at{};
    std::optional<Time> expires_at;
    std::vector<HeaderView> headers;
    Json event;  ///< the whole event as stored, without insignificant white space
    Omittable<std::string> key_base64 = {};   ///< set if the key is not UTF-8
    Omittable<std::string> body_base64 = {};  ///< set, with `event` null, if the body is not JSON
};

/// Whether it is one JSON text.
[[nodiscard]] bool is_json(const std::string& text);

[[nodiscard]] EventView view_of(const Record& record);

/// Prints each event as one line: text, or JSON with --json.
class EventPrinter {
  public:
    EventPrinter(const Invocation& invocation, bool body);
    void print(const Record& record) const;

  private:
    const Invocation& invocation_;
    bool body_;
    std::size_t type_width_ = 0;
};

}  // namespace quipu

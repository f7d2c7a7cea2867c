// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/event/catalogue.hpp"

namespace quipu {

/// A small JSON text with which `payload` can be published: each required field with a value of its
/// type.
[[nodiscard]] std::string example_json(const StructInfo& payload, const EventTypes& types);

/// The examples in `--help`, with the program's name and one of its own events.
class HelpExamples {
  public:
    HelpExamples(std::string_view program, const EventTypes& types);

    /// "Examples:" and `text`, in which $P is replaced by the program's name, $T by an event type
    /// and $J by the JSON of such an event.
    [[nodiscard]] std::string filled(std::string_view text) const;

  private:
    std::string program_;
    std::string type_;
    std::string json_;
};

}  // namespace quipu

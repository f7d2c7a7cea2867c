// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/event/catalogue.hpp"

namespace quipu {

/// A small JSON text that publishes `payload`: each field that must be present, with a value of
/// its type.
[[nodiscard]] std::string example_json(const StructInfo& payload, const EventTypes& types);

/// The lines that `--help` teaches with, in the program's own name and with one of its own events.
class HelpExamples {
  public:
    HelpExamples(std::string_view program, const EventTypes& types);

    /// "Examples:" and `text`, in which $P becomes the program, $T an event type and $J its JSON.
    [[nodiscard]] std::string filled(std::string_view text) const;

  private:
    std::string program_;
    std::string type_;
    std::string json_;
};

}  // namespace quipu

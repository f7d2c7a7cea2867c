// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/api/views.hpp"

namespace integr8s::cli {

/// Writes an execution's events as lines: time since the first event, type, important fields.
class Timeline {
  public:
    explicit Timeline(std::ostream& out) : out_(out) {}

    /// Adds a frame of the stream. The first frame, with the status, writes nothing.
    void add(const api::FrameView& frame);

  private:
    std::ostream& out_;
    std::optional<quipu::Time> began_;
};

/// The important fields of a payload, as "node local, exit code 0". Values that end with `known`,
/// such as the name of the execution's pod, are left out.
[[nodiscard]] std::string facts_of(const quipu::Json& payload, std::string_view known = {});

/// "completed: exit code 0, 0.12 s, 14.2 MiB".
[[nodiscard]] std::string outcome_line(const api::ResultView& result);

/// Writes both outputs under headings, each with a final line break, and then the outcome.
void write_result(std::ostream& out, const api::ResultView& result);

/// The exact bytes of an output: those of base64 if there are any, otherwise the text.
[[nodiscard]] std::string exact_bytes(const std::string& text,
                                      const std::optional<std::string>& base64);

}  // namespace integr8s::cli

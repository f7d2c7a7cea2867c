// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/api/views.hpp"

namespace integr8s::cli {

/// Writes an execution's events as lines: time since the first one, type, a few facts.
class Timeline {
  public:
    explicit Timeline(std::ostream& out) : out_(out) {}

    /// A frame of the stream; the first one, with the status, writes nothing.
    void add(const api::FrameView& frame);

  private:
    std::ostream& out_;
    std::optional<quipu::Time> began_;
};

/// The fields of a payload that tell a reader something, as "node local, exit code 0". Values that
/// end with `known`, such as the name of the execution's pod, are left out.
[[nodiscard]] std::string facts_of(const quipu::Json& payload, std::string_view known = {});

/// "completed: exit code 0, 0.12 s, 14.2 MiB".
[[nodiscard]] std::string outcome_line(const api::ResultView& result);

/// Both outputs under headings, each ended by a line break, then the outcome.
void write_result(std::ostream& out, const api::ResultView& result);

/// The exact bytes of an output: decoded from base64 where the text would not be.
[[nodiscard]] std::string exact_bytes(const std::string& text,
                                      const std::optional<std::string>& base64);

}  // namespace integr8s::cli

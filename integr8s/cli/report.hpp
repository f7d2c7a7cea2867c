// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/api/views.hpp"
#include "integr8s/cli/api_client.hpp"

namespace integr8s::cli {

/// Writes the message to standard error; returns the code.
int report(const Failure& failure);

/// Says what is wrong with a command's arguments and where its help is; returns the code.
int wrong_usage(std::string_view command, std::string_view what);

/// Writes a result for a person, as JSON, or as the script's own bytes; returns done or failed.
int show_result(const api::ResultView& result, bool json, bool raw);

}  // namespace integr8s::cli

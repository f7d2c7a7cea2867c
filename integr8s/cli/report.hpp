// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "integr8s/api/views.hpp"
#include "integr8s/cli/api_client.hpp"

namespace integr8s::cli {

/// Writes the message to standard error and returns the exit code.
int report(const CommandError& error);

/// Writes a result as text, as JSON, or as the script's own bytes; returns done or failed.
int show_result(const api::ResultView& result, bool json, bool raw);

}  // namespace integr8s::cli

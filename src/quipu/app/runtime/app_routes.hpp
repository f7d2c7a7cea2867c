// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "quipu/app/runtime/readiness.hpp"

namespace quipu {

class HttpServer;
class RunningApp;

/// /healthz, and /readyz with what `readiness` says.
void add_health_routes(HttpServer& server, std::function<Readiness()> readiness);

/// /healthz, /readyz and /metrics.
void add_status_routes(HttpServer& server, RunningApp& app);

/// What the program's own command line asks of it. For the Unix socket only: whoever may write
/// there may write the store.
void add_control_routes(HttpServer& server, RunningApp& app);

}  // namespace quipu

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "quipu/app/runtime/readiness.hpp"

namespace quipu {

class HttpServer;
class RunningApp;

/// Adds /healthz, and /readyz with the result of `readiness`.
void add_health_routes(HttpServer& server, std::function<Readiness()> readiness);

/// Adds /healthz, /readyz and /metrics.
void add_status_routes(HttpServer& server, RunningApp& app);

/// Adds the routes that the program's own command line uses. For the Unix socket only, since they
/// can change the store.
void add_control_routes(HttpServer& server, RunningApp& app);

}  // namespace quipu

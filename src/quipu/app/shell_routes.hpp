#pragma once

namespace quipu {

class HttpServer;
class Shell;

/// /healthz, /readyz and /metrics.
void add_status_routes(HttpServer& server, Shell& shell);

/// What the program's own command line asks of it. For the Unix socket only: whoever may write
/// there may write the store.
void add_control_routes(HttpServer& server, Shell& shell);

}  // namespace quipu

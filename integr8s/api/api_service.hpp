// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "integr8s/api/api_context.hpp"
#include "integr8s/domain/execution_service.hpp"
#include "integr8s/runtime/languages.hpp"
#include "quipu/app/app.hpp"

namespace integr8s::api {

struct ApiOptions {
    std::int64_t slots = 10;  ///< the coordinator's max_running, shown by /queue
    ServiceOptions service = {};
};

/// The HTTP API as a service of the program. Does nothing if the program has no HTTP server.
class ApiService final : public quipu::Service {
  public:
    /// `languages` must outlive this object and is not read before prepare().
    explicit ApiService(const runtime::Languages& languages, ApiOptions options = {});

    quipu::Result<void> prepare(quipu::Running& running) override;
    void stop() override;
    /// Waiting and running executions, and open event streams.
    void metrics(std::string& out) override;

  private:
    const runtime::Languages& languages_;
    ApiOptions options_;
    std::optional<ExecutionService> service_;
    std::unique_ptr<ExecutionFeed> feed_;
    std::optional<ApiContext> context_;
};

}  // namespace integr8s::api

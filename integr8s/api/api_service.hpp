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
    std::int64_t slots = 10;  ///< what the coordinator was told, for /queue
    ServiceOptions service = {};
};

/// The HTTP API as a part of the program. Without HTTP it does nothing.
class ApiService final : public quipu::Service {
  public:
    /// `languages` is read from prepare() on, and must outlive this.
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

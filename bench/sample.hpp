// SPDX-License-Identifier: Apache-2.0
// The event that all benchmarks use: execution_completed, 707 bytes of JSON.
#pragma once

#include <cstddef>
#include <string>

#include "integr8s/events/catalogue.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/event/id.hpp"

namespace bench {

using Completed = integr8s::ExecutionCompleted;
inline constexpr std::size_t sample_bytes = 707;

/// One of 1,024 executions, with an id and a time of its own.
inline quipu::Event<Completed> sample_event(std::size_t number = 0) {
    const std::string execution =
        "5f2b7c1e-9d4a-4b8f-8a6e-2c1d0e9f" + std::to_string(1000 + number % 1024);
    quipu::Event<Completed> event;
    event.header.event_id = quipu::new_id();
    // With microseconds, so that every text is as long as the other.
    event.header.timestamp = quipu::now();
    if (event.header.timestamp.time_since_epoch().count() % 1'000'000 == 0) {
        event.header.timestamp += std::chrono::microseconds(1);
    }
    event.header.aggregate_id = "exec-" + execution;
    event.header.metadata = {.service_name = "k8s-worker",
                             .service_version = "1.4.2",
                             .user_id = std::string("user-7f3e2d1c"),
                             .environment = quipu::Environment::production};
    event->execution_id = execution;
    event->exit_code = 0;
    event->resource_usage = integr8s::ResourceUsage{.execution_time_wall_seconds = 1.2345,
                                                    .cpu_time_jiffies = 123,
                                                    .clk_tck_hertz = 100,
                                                    .peak_memory_kb = 20480};
    // Eight lines, as a small program prints them.
    for (int line = 0; line < 8; ++line) {
        event->stdout_ += "step " + std::to_string(line) + " took 12 ms\n";
    }
    static const std::size_t missing = sample_bytes - quipu::encode(event)->size();
    event->stdout_ += std::string(missing, '.');
    return event;
}

}  // namespace bench

// Reading and writing one event of 707 bytes, beside simdjson's DOM parse of the same text and a
// copy of its bytes. The numbers that count are the ratios within one run.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "integr8s/events/catalogue.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/event/id.hpp"

namespace {

using integr8s::Events;
using integr8s::ExecutionCompleted;

const std::string& event_text() {
    static const std::string text = [] {
        quipu::Event<ExecutionCompleted> event;
        event.header.event_id = "0190f3a1-7c7b-7d2e-9f10-3b6f5d8e1a2c";
        event.header.timestamp = *quipu::parse_time("2026-01-02T03:04:05.123456Z");
        event.header.aggregate_id = "exec-5f2b7c1e-9d4a-4b8f-8a6e-2c1d0e9f8a7b";
        event.header.metadata = {.service_name = "k8s-worker",
                                 .service_version = "1.4.2",
                                 .user_id = std::string("user-7f3e2d1c"),
                                 .environment = quipu::Environment::production};
        event->execution_id = "5f2b7c1e-9d4a-4b8f-8a6e-2c1d0e9f8a7b";
        event->exit_code = 0;
        event->resource_usage = integr8s::ResourceUsage{.execution_time_wall_seconds = 1.2345,
                                                        .cpu_time_jiffies = 123,
                                                        .clk_tck_hertz = 100,
                                                        .peak_memory_kb = 20480};
        // Nine lines, as a small program prints them.
        for (int line = 0; line < 9; ++line) {
            event->stdout_ += "step " + std::to_string(line) + " took 12 ms\n";
        }
        while (quipu::encode(event)->size() < 707) event->stdout_ += '.';
        return *quipu::encode(event);
    }();
    return text;
}

void copy_bytes(benchmark::State& state) {
    const std::string& text = event_text();
    std::string to(text.size(), ' ');
    for (auto _ : state) {
        std::memcpy(to.data(), text.data(), text.size());
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
    state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(copy_bytes);

void check_utf8(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(quipu::is_valid_utf8(event_text()));
}
BENCHMARK(check_utf8);

void simdjson_dom_parse(benchmark::State& state) {
    const simdjson::padded_string text(event_text());
    simdjson::dom::parser parser;
    for (auto _ : state) {
        simdjson::dom::element element;
        if (parser.parse(text).get(element) != simdjson::SUCCESS) std::abort();
        benchmark::DoNotOptimize(element);
    }
}
BENCHMARK(simdjson_dom_parse);

void decode_union_of_57(benchmark::State& state) {
    const std::string& text = event_text();
    for (auto _ : state) {
        auto event = quipu::decode<Events>(text);
        if (!event) std::abort();
        benchmark::DoNotOptimize(event);
    }
}
BENCHMARK(decode_union_of_57);

void decode_known_type(benchmark::State& state) {
    const std::string& text = event_text();
    for (auto _ : state) {
        auto event = quipu::decode_as<ExecutionCompleted>(text);
        if (!event) std::abort();
        benchmark::DoNotOptimize(event);
    }
}
BENCHMARK(decode_known_type);

void decode_with_a_fault(benchmark::State& state) {
    std::string text = event_text();
    text.replace(text.find("\"exit_code\":0"), 13, "\"exit_code\":[]");
    for (auto _ : state) {
        auto event = quipu::decode<Events>(text);
        if (event) std::abort();
        benchmark::DoNotOptimize(event);
    }
}
BENCHMARK(decode_with_a_fault);

void encode_kept_buffer(benchmark::State& state) {
    const auto event = quipu::decode_as<ExecutionCompleted>(event_text());
    if (!event) std::abort();
    std::string out;
    for (auto _ : state) {
        out.clear();
        if (!quipu::encode(out, *event)) std::abort();
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(encode_kept_buffer);

void encode_fresh_string(benchmark::State& state) {
    const auto event = quipu::decode_as<ExecutionCompleted>(event_text());
    if (!event) std::abort();
    for (auto _ : state) {
        auto out = quipu::encode(*event);
        if (!out) std::abort();
        benchmark::DoNotOptimize(out);
    }
}
BENCHMARK(encode_fresh_string);

void copy_struct(benchmark::State& state) {
    const auto event = quipu::decode_as<ExecutionCompleted>(event_text());
    for (auto _ : state) {
        auto copy = *event;
        benchmark::DoNotOptimize(copy);
    }
}
BENCHMARK(copy_struct);

void make_id(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(quipu::new_id());
}
BENCHMARK(make_id);

void read_time_text(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(quipu::parse_time("2026-01-02T03:04:05.123456Z"));
}
BENCHMARK(read_time_text);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// Reading and writing one event of 707 bytes, beside simdjson's DOM parse of the same text, an
// encoder written by hand for this one struct, and a copy of its bytes. The numbers that count are
// the ratios within one run; they stand at the end. Medians of 5, if the command line says nothing.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/base/text.hpp"
#include "sample.hpp"

namespace {

using integr8s::Events;
using integr8s::ExecutionCompleted;

const std::string& event_text() {
    static const std::string text = *quipu::encode(bench::sample_event());
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

// What a programmer would write for this struct alone.

void append_text(std::string& out, std::string_view text) {
    out += '"';
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text, from, at - from);
        from = at + 1;
        if (byte == '\n') {
            out += "\\n";
        } else if (byte == '"' || byte == '\\') {
            out += '\\';
            out += static_cast<char>(byte);
        } else {
            std::abort();  // not in this event
        }
    }
    out.append(text, from);
    out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> text{};
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

void append_by_hand(std::string& out, const quipu::Event<ExecutionCompleted>& event) {
    out += R"({"event_id":)";
    append_text(out, event.header.event_id);
    out += R"(,"event_type":"execution_completed","event_version":)";
    append_text(out, event.header.event_version);
    out += R"(,"timestamp":")";
    quipu::append_time(out, event.header.timestamp);
    out += R"(","aggregate_id":)";
    append_text(out, *event.header.aggregate_id);
    out += R"(,"metadata":{"service_name":)";
    append_text(out, event.header.metadata.service_name);
    out += R"(,"service_version":)";
    append_text(out, event.header.metadata.service_version);
    out += R"(,"user_id":)";
    append_text(out, *event.header.metadata.user_id);
    out += R"(,"environment":"production"},"execution_id":)";
    append_text(out, event->execution_id);
    out += R"(,"exit_code":)";
    append_number(out, event->exit_code);
    const integr8s::ResourceUsage& usage = *event->resource_usage;
    out += R"(,"resource_usage":{"execution_time_wall_seconds":)";
    append_number(out, static_cast<double>(usage.execution_time_wall_seconds));
    out += R"(,"cpu_time_jiffies":)";
    append_number(out, static_cast<std::int64_t>(usage.cpu_time_jiffies));
    out += R"(,"clk_tck_hertz":)";
    append_number(out, static_cast<std::int64_t>(usage.clk_tck_hertz));
    out += R"(,"peak_memory_kb":)";
    append_number(out, static_cast<std::int64_t>(usage.peak_memory_kb));
    out += R"(},"stdout":)";
    append_text(out, event->stdout_);
    out += R"(,"stderr":)";
    append_text(out, event->stderr_);
    out += '}';
}

void encode_by_hand(benchmark::State& state) {
    const auto event = quipu::decode_as<ExecutionCompleted>(event_text());
    if (!event) std::abort();
    std::string out;
    append_by_hand(out, *event);
    if (out != event_text()) std::abort();
    for (auto _ : state) {
        out.clear();
        append_by_hand(out, *event);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(encode_by_hand);

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

/// Prints the console's table and remembers the medians, or the last run where there are none.
class Remembering final : public benchmark::ConsoleReporter {
  public:
    Remembering() : benchmark::ConsoleReporter(OO_None) {}
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.aggregate_name.empty() || run.aggregate_name == "median") {
                times_[run.run_name.function_name] = run.GetAdjustedCPUTime();
            }
        }
        benchmark::ConsoleReporter::ReportRuns(runs);
    }
    void ratio(const char* ours, const char* yardstick) const {
        const auto one = times_.find(ours);
        const auto other = times_.find(yardstick);
        if (one == times_.end() || other == times_.end()) return;
        std::printf("| %s / %s | %.2f |\n", ours, yardstick, one->second / other->second);
    }

  private:
    std::map<std::string, double> times_;
};

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> own{argv[0], "--benchmark_repetitions=5",
                                 "--benchmark_report_aggregates_only=true",
                                 "--benchmark_min_time=0.2"};
    std::vector<char*> arguments;
    for (std::string& text : own) arguments.push_back(text.data());
    // What the user says comes last and wins.
    for (int at = 1; at < argc; ++at) arguments.push_back(argv[at]);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
    Remembering reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    std::printf("\n| time of | ratio |\n|---|---|\n");
    reporter.ratio("decode_union_of_57", "simdjson_dom_parse");
    reporter.ratio("decode_known_type", "simdjson_dom_parse");
    reporter.ratio("encode_kept_buffer", "encode_by_hand");
    reporter.ratio("encode_kept_buffer", "copy_bytes");
    benchmark::Shutdown();
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Faults on real engines: programs that publish and handle events run on a store and on Kafka while
// brokers, servers, connections and the programs themselves break; then the whole history is
// checked.
//
// engine_faults MODE [--rounds N] [--seed S] [--plant FAULT] [--store sqlite|mongo] [--log kafka]
// QUIPU_FAULT_ROUNDS sets the rounds, too; by default each mode injects each kind of its fault.
// tools/servers starts what it needs; the environment says
// where that is. With `--plant` the program is broken and a fault must be found.
// Exit code 0: no fault, 1: a fault was found, 2: it could not run, 77: a server is missing.
#include <signal.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <random>
#include <string_view>

#include "faults/child.hpp"
#include "faults/history.hpp"

namespace quipu::faults {
namespace {

template <class Number>
bool parse(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Settings> settings(int count, char** words) {
    Settings out;
    out.seed = std::random_device{}();
    if (count < 2 || count % 2 != 0) return std::nullopt;
    out.mode = words[1];
    if (const auto rounds = environment("QUIPU_FAULT_ROUNDS");
        !rounds.empty() && !parse(rounds, out.rounds)) {
        return std::nullopt;
    }
    for (int each = 2; each + 1 < count; each += 2) {
        const std::string_view word = words[each];
        const std::string_view value = words[each + 1];
        bool good = true;
        if (word == "--rounds") {
            good = parse(value, out.rounds);
        } else if (word == "--seed") {
            good = parse(value, out.seed);
        } else if (word == "--plant") {
            out.plant = value;
        } else if (word == "--store") {
            out.store = value;
            good = value == "sqlite" || value == "mongo";
        } else {
            good = word == "--log" && value == "kafka";
        }
        if (!good) return std::nullopt;
    }
    if (out.rounds == 0) out.rounds = usual_rounds(out.mode);
    out.long_run = out.rounds > 100;
    return out.rounds > 0 ? std::optional(out) : std::nullopt;
}

int run(const Settings& settings) {
    std::printf("%s: seed %u, %d rounds\n", settings.mode.c_str(), settings.seed, settings.rounds);
    std::fflush(stdout);
    const auto began = std::chrono::steady_clock::now();
    Totals totals;
    try {
        if (!run_mode(settings, totals)) {
            std::fprintf(stderr, "there is no mode %s\n", settings.mode.c_str());
            return 2;
        }
    } catch (const Skipped& skipped) {
        std::printf("skipped: %s\n", skipped.why.c_str());
        return 77;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cannot run: %s\n", error.what());
        return 2;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf(
        "%s: %d rounds in %d histories, %lld acknowledged, %lld stored, %lld repetitions in Kafka, "
        "%lld handlings run again, longest recovery %.1f s, %zu faults, %.0f s\n",
        settings.mode.c_str(), totals.rounds, totals.histories,
        static_cast<long long>(totals.acknowledged), static_cast<long long>(totals.events),
        static_cast<long long>(totals.repetitions), static_cast<long long>(totals.conflicts),
        totals.longest_recovery, totals.faults.size(), took.count());
    if (!totals.faults.empty()) return 1;
    if (!settings.plant.empty()) std::printf("the planted fault was not found\n");
    return 0;
}

}  // namespace
}  // namespace quipu::faults

int main(int count, char** words) {
    using namespace quipu::faults;
    if (count > 1 && std::string_view(words[1]) == "child") {
        Plan plan;
        for (int each = 2; each < count; ++each) plan.take(words[each]);
        return run_child(plan);
    }
    ::signal(SIGPIPE, SIG_IGN);
    const auto parsed = settings(count, words);
    if (!parsed) {
        std::fprintf(stderr, "usage: engine_faults MODE [--rounds N] [--seed S] [--plant FAULT]\n");
        return 2;
    }
    return run(*parsed);
}

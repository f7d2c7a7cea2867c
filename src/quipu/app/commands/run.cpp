// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/runtime/running_app.hpp"
#include "quipu/app/runtime/stop_signals.hpp"
#include "quipu/app/runtime/waiting_room.hpp"

namespace quipu {

namespace {

RunOptions options_of(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    return {.engines = invocation.engines,
            .http = settings.text("http"),
            .crash_only = settings.text("durability") != "full",
            .allow_remote = settings.flag("allow-remote"),
            .allowed_hosts = settings.list("allow-host"),
            .drain_timeout = std::chrono::seconds{settings.number("drain-timeout")},
            .stuck_after = std::chrono::seconds{settings.number("stuck-after")},
            .strict_ready = settings.flag("strict-ready")};
}

/// Waits until everything in the log has been handled or a signal arrives.
void drain(RunningApp& app, StopSignals& signals) {
    while (!app.drain(std::chrono::milliseconds{200})) {
        if (signals.wait(std::chrono::milliseconds{0}) != 0) return;
    }
}

void wait_for_signal(StopSignals& signals) {
    while (signals.wait(std::chrono::hours{1}) == 0) {
    }
}

std::string greeting(const Invocation& invocation, const RunningApp& app) {
    std::string text = invocation.definition.name + " " + invocation.definition.version +
                       " runs on " + invocation.engines.store.shown() + " as process " +
                       std::to_string(::getpid());
    const EngineOptions& engines = invocation.engines;
    if (engines.has_log()) text += ", reads " + engines.log.shown();
    if (const std::string http = app.http_address(); !http.empty()) {
        text += ", serves http://" + http;
    }
    return text;
}

/// Opens the store, and waits for a database that is unreachable. Returns an exit code if the
/// program must end.
std::optional<int> open_store(const Invocation& invocation, const RunOptions& run, RunningApp& app,
                              StopSignals& signals, Logger& logger) {
    if (invocation.engines.one_writer()) {
        auto opened = app.open_store();
        return opened ? std::nullopt : std::optional(invocation.fail(opened.error()));
    }
    WaitingRoom room(signals, logger);
    std::unique_ptr<WaitingServer> server;
    room.on_reason = [&](const std::string& reason) {
        if (server == nullptr) server = std::make_unique<WaitingServer>(run);
        server->set_reason(reason);
    };
    auto opened = room.persist([&] { return app.open_store(); });
    if (room.stopped()) return to_int(ExitCode::done);
    return opened ? std::nullopt : std::optional(invocation.fail(opened.error()));
}

/// Starts everything, and waits for a log that is unreachable while serving HTTP. Returns an exit
/// code if the program must end.
std::optional<int> start(const Invocation& invocation, const RunOptions& run, RunningApp& app,
                         StopSignals& signals, Logger& logger) {
    WaitingRoom room(signals, logger);
    room.on_reason = [&](const std::string& reason) { app.waits_for(reason); };
    auto started = app.start();
    const EngineOptions& engines = invocation.engines;
    if (started && engines.one_writer() && !engines.has_log()) {
        started = app.start_groups();
    } else if (started) {
        started = room.persist([&] { return app.start_groups(); });
    }
    if (started) return std::nullopt;
    static_cast<void>(app.stop(run.drain_timeout));
    if (room.stopped()) return to_int(ExitCode::done);
    const int code = invocation.fail(started.error());
    // Missing topics are not a negative result: the command could not do its work.
    return started.error().code == ErrorCode::not_found ? to_int(ExitCode::unreachable) : code;
}

int run_program(const Invocation& invocation, bool once) {
    const RunOptions run = options_of(invocation);
    // First, so that all threads created later leave the signals to this one.
    StopSignals signals;
    Logger logger({.program = invocation.definition.name,
                   .least = invocation.quiet
                                ? LogLevel::error
                                : log_level_from(invocation.settings.text("log-level")),
                   .json = invocation.json});
    for (const Settings::Ignored& ignored : invocation.settings.ignored) {
        logger.write(LogLevel::warning, "environment: " + ignored.variable +
                                            " is not a setting and is ignored; the nearest is " +
                                            ignored.nearest);
    }
    RunningApp app(invocation.definition, run, logger);
    if (auto opened = open_store(invocation, run, app, signals, logger); opened) return *opened;
    if (auto opened = app.open(); !opened) return invocation.fail(opened.error());
    if (auto started = start(invocation, run, app, signals, logger); started) return *started;
    logger.write(LogLevel::info, greeting(invocation, app));
    if (once) {
        drain(app, signals);
    } else {
        wait_for_signal(signals);
    }
    logger.write(LogLevel::info, "stopping: finishing the events in flight");
    signals.exit_on_next();
    if (!app.stop(run.drain_timeout)) {
        logger.write(
            LogLevel::error,
            "a handler was still running after --drain-timeout; its event will be handled again");
        invocation.out.flush();
        std::_Exit(to_int(ExitCode::no));
    }
    logger.write(LogLevel::info, "stopped");
    return to_int(ExitCode::done);
}

}  // namespace

void add_run(CommandSet& commands) {
    const auto once = std::make_shared<bool>(false);
    CommandLine::Command command = commands.add(
        {.name = "run",
         .summary = "Handle events until stopped",
         .examples = "  $P run\n"
                     "  $P run --file orders.db --http 127.0.0.1:8080\n"
                     "  $P run --once                handle what is stored, then stop\n"
                     "  $P run --store mongodb://127.0.0.1/$P --log kafka://127.0.0.1:9092\n"
                     "  $P run --json 2>log.jsonl    log as JSON lines",
         .shared = {.store = true,
                    .log = true,
                    .topics = true,
                    .http = true,
                    .run = true,
                    .json = true,
                    .quiet = true},
         .run = [once](const Invocation& invocation) { return run_program(invocation, *once); }});
    command.add_flag("--once", *once, "Handle everything in the log, then stop");
    for (const RunFlag& flag : commands.definition().run_flags) {
        command.add_flag("--" + flag.name, *flag.value, flag.summary)
            .heading(commands.definition().name + "'s own options");
    }
}

}  // namespace quipu

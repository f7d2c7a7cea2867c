// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "quipu/app/commands/program.hpp"
#include "quipu/app/runtime/shell.hpp"
#include "quipu/app/runtime/stop_signals.hpp"
#include "quipu/app/runtime/waiting_room.hpp"

namespace quipu {

namespace {

/// Until everything in the log is handled, or a signal comes.
void drain(Shell& shell, StopSignals& signals) {
    while (!shell.drain(std::chrono::milliseconds{200})) {
        if (signals.wait(std::chrono::milliseconds{0}) != 0) return;
    }
}

void wait_for_signal(StopSignals& signals) {
    while (signals.wait(std::chrono::hours{1}) == 0) {
    }
}

std::string greeting(const Program& program, const Shell& shell) {
    std::string text = program.definition.name + " " + program.definition.version + " runs on " +
                       program.arguments.common.engines.store.shown() + " as process " +
                       std::to_string(::getpid());
    const EngineOptions& engines = program.arguments.common.engines;
    if (engines.has_log()) text += ", reads " + engines.log.shown();
    if (const std::string http = shell.http_address(); !http.empty()) {
        text += ", serves http://" + http;
    }
    return text;
}

/// Opens the store; a database that does not answer is waited for. An exit code, when that is all.
std::optional<int> open_store(const Program& program, Shell& shell, StopSignals& signals,
                              Log& log) {
    if (program.arguments.common.engines.one_writer()) {
        auto opened = shell.open_store();
        return opened ? std::nullopt : std::optional(program.fail(opened.error()));
    }
    WaitingRoom room(signals, log);
    std::unique_ptr<WaitingServer> server;
    room.on_reason = [&](const std::string& reason) {
        if (server == nullptr) server = std::make_unique<WaitingServer>(program.arguments);
        server->set_reason(reason);
    };
    auto opened = room.persist([&] { return shell.open_store(); });
    if (room.stopped()) return to_int(ExitCode::done);
    return opened ? std::nullopt : std::optional(program.fail(opened.error()));
}

/// Starts everything; a log that does not answer is waited for, while HTTP is served.
std::optional<int> start(const Program& program, Shell& shell, StopSignals& signals, Log& log) {
    WaitingRoom room(signals, log);
    room.on_reason = [&](const std::string& reason) { shell.waits_for(reason); };
    auto started = shell.start();
    const EngineOptions& engines = program.arguments.common.engines;
    if (started && engines.one_writer() && !engines.has_log()) {
        started = shell.start_groups();
    } else if (started) {
        started = room.persist([&] { return shell.start_groups(); });
    }
    if (started) return std::nullopt;
    static_cast<void>(shell.stop(program.arguments.run.drain_timeout));
    if (room.stopped()) return to_int(ExitCode::done);
    const int code = program.fail(started.error());
    // Missing topics are no answer of this command: it could not do its work.
    return started.error().code == ErrorCode::not_found ? to_int(ExitCode::unreachable) : code;
}

}  // namespace

int run_command(const Program& program) {
    const CommonArguments& common = program.arguments.common;
    const RunArguments& run = program.arguments.run;
    // First, so that every thread from here on leaves the signals to this one.
    StopSignals signals;
    Log log({.program = program.definition.name,
             .least = common.quiet ? LogLevel::error : log_level_from(common.log_level),
             .json = common.json});
    for (const Settings::Ignored& ignored : program.arguments.settings.ignored) {
        log.write(LogLevel::warning, "environment: " + ignored.variable +
                                         " is no setting and is ignored; the nearest is " +
                                         ignored.nearest);
    }
    Shell shell(program.definition, program.arguments, log);
    if (auto opened = open_store(program, shell, signals, log); opened) return *opened;
    if (auto opened = shell.open(); !opened) return program.fail(opened.error());
    if (auto started = start(program, shell, signals, log); started) return *started;
    log.write(LogLevel::info, greeting(program, shell));
    if (run.once) {
        drain(shell, signals);
    } else {
        wait_for_signal(signals);
    }
    log.write(LogLevel::info, "stopping: finishing what is in flight");
    signals.exit_on_next();
    if (!shell.stop(run.drain_timeout)) {
        log.write(LogLevel::error,
                  "a handler still ran after --drain-timeout; its event will be handled again");
        program.out.flush();
        std::_Exit(to_int(ExitCode::no));
    }
    log.write(LogLevel::info, "stopped");
    return to_int(ExitCode::done);
}

}  // namespace quipu

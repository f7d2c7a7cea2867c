#include <unistd.h>

#include <cstdlib>

#include "quipu/app/program.hpp"
#include "quipu/app/shell.hpp"
#include "quipu/app/stop_signals.hpp"

namespace quipu {

namespace {

/// Until everything in the log is handled, or a signal comes.
void drain(Shell& shell, StopSignals& signals) {
    while (!shell.delivery().drain(std::chrono::milliseconds{200})) {
        if (signals.wait(std::chrono::milliseconds{0}) != 0) return;
    }
}

void wait_for_signal(StopSignals& signals) {
    while (signals.wait(std::chrono::hours{1}) == 0) {
    }
}

std::string greeting(const Program& program, const Shell& shell) {
    std::string text = program.definition.name + " " + program.definition.version + " runs on " +
                       program.arguments.common.file.string() + " as process " +
                       std::to_string(::getpid());
    if (const std::string http = shell.http_address(); !http.empty()) {
        text += ", serves http://" + http;
    }
    return text;
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
    Shell shell(program.definition, program.arguments, log);
    if (auto opened = shell.open(); !opened) return program.fail(opened.error());
    if (auto started = shell.start(); !started) {
        static_cast<void>(shell.stop(run.drain_timeout));
        return program.fail(started.error());
    }
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

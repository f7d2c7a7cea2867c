// SPDX-License-Identifier: Apache-2.0
#include "integr8s/cli/commands.hpp"

namespace integr8s::cli {
namespace {

constexpr const char* submit_help =
    "  integr8s submit hello.py --follow\n"
    "  integr8s submit job.sh --timeout 20 --priority high\n"
    "  integr8s submit - --language node --output raw < script.js > out.txt\n"
    "\n"
    "Options of submit:\n"
    "  FILE                 The script; - reads it from standard input\n"
    "  --language NAME      python, bash, node, cpp; by the file's ending when left out\n"
    "  --language-version V Fails when the installed version is another\n"
    "  --timeout SECONDS    Longest run time of the script\n"
    "  --priority WORD      critical, high, normal, low or background (normal)\n"
    "  --key KEY            The same key with the same script runs it once\n"
    "  --follow             Show each event as it happens, then the outputs and the outcome\n"
    "  --output raw         Wait, then write the script's own bytes to standard output and error\n"
    "\n"
    "Exit codes: 0 accepted, and with --follow the script succeeded; 1 it failed; 2 wrong usage "
    "or\n"
    "refused; 3 no integr8s answers; 4 the language is not installed there.";

constexpr const char* result_help =
    "  integr8s result ID\n"
    "  integr8s result ID --output raw > out.txt\n"
    "  integr8s result ID --json\n"
    "\n"
    "Exit codes: 0 the script succeeded; 1 it failed, or there is no result; 3 no integr8s "
    "answers.";

constexpr const char* ready_help =
    "  integr8s ready --wait 30 && integr8s submit hello.py\n"
    "\n"
    "Options of ready:\n"
    "  --wait SECONDS       Wait so long for it\n"
    "\n"
    "Exit codes: 0 ready; 1 not ready, with the reasons; 3 no integr8s answers.";

}  // namespace

std::vector<quipu::Command> commands() {
    return {
        {"submit", "Run a script", submit_help, run_submit},
        {"result", "Show what became of a script", result_help, run_result},
        {"cancel", "Stop a script", "  integr8s cancel ID", run_cancel},
        {"languages", "List the languages that scripts can have", "  integr8s languages",
         run_languages},
        {"ready", "Tell whether a running integr8s takes work", ready_help, run_ready},
    };
}

}  // namespace integr8s::cli

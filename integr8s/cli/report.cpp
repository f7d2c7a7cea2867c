// SPDX-License-Identifier: Apache-2.0
#include "integr8s/cli/report.hpp"

#include <iostream>

#include "integr8s/cli/timeline.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s::cli {

int report(const CommandError& error) {
    std::cerr << "integr8s: " << error.message << '\n';
    return to_int(error.code);
}

int show_result(const api::ResultView& result, bool json, bool raw) {
    if (json) {
        std::cout << quipu::to_json(result).value_or("{}") << '\n';
    } else if (raw) {
        std::cout << exact_bytes(result.stdout_, result.stdout_base64) << std::flush;
        std::cerr << exact_bytes(result.stderr_, result.stderr_base64) << std::flush;
    } else {
        write_result(std::cout, result);
    }
    const bool succeeded =
        result.status == ExecutionStatus::completed && result.exit_code.value_or(-1) == 0;
    return to_int(succeeded ? ExitCode::done : ExitCode::failed);
}

}  // namespace integr8s::cli

// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/bulk_result.hpp"

#include <ostream>

namespace quipu {

void BulkResult::add(const Result<void>& done) {
    if (done) {
        ++done_;
    } else {
        add_failure(done.error(), exit_code_of(done.error().code));
    }
}

void BulkResult::add_failure(const Error& error, ExitCode code) {
    if (to_int(code) > to_int(code_)) code_ = code;
    if (invocation_.json) return;
    invocation_.err << invocation_.definition.name << ": " << printable(error.message) << '\n';
}

int BulkResult::finish(std::size_t all, std::string_view done_words) const {
    if (!invocation_.json) {
        invocation_.out << done_ << " of " << all << ' ' << done_words << '\n';
    }
    return to_int(code_);
}

}  // namespace quipu

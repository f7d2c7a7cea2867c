// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

namespace quipu {

namespace {

OnDeadLetter choice(HandlerFailure::Kind kind, const GroupOptions& options) {
    switch (kind) {
        case HandlerFailure::Kind::failed:
        case HandlerFailure::Kind::unstorable:
        case HandlerFailure::Kind::crashed: return options.on_dead_letter;
        case HandlerFailure::Kind::rejected: return options.on_rejected;
        case HandlerFailure::Kind::undecodable: return options.on_undecodable;
    }
    return options.on_dead_letter;
}

}  // namespace

Disposition dispose(const HandlerFailure& failure, const Record& record, std::size_t attempts,
                    const RetryPolicy& policy, const GroupOptions& options, Time now,
                    double random) {
    const bool may_retry = failure.kind == HandlerFailure::Kind::failed ||
                           failure.kind == HandlerFailure::Kind::unstorable;
    if (may_retry && attempts <= static_cast<std::size_t>(policy.max_retries)) {
        return {Disposition::What::retry,
                now + retry_delay(policy, static_cast<int>(attempts) - 1, random)};
    }
    const bool holds =
        choice(failure.kind, options) == OnDeadLetter::hold_key && record.key != record.event_id;
    return {holds ? Disposition::What::hold : Disposition::What::release, {}};
}

}  // namespace quipu

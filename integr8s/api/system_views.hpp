// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "integr8s/events/types.hpp"

namespace integr8s::api {

struct LanguageView {
    std::string name;
    std::string version;
    std::string image;  ///< the runtime's name in events
};

struct MissingLanguageView {
    std::string name;
    std::string package;  ///< the Debian package that provides it
};

/// GET /api/v1/languages
struct LanguagesView {
    std::vector<LanguageView> languages;
    std::vector<MissingLanguageView> missing;
};

struct WaitingView {
    QueuePriority priority;
    std::int64_t count = 0;
};

/// GET /api/v1/queue
struct QueueView {
    std::int64_t waiting = 0;
    std::vector<WaitingView> by_priority;
    std::int64_t active = 0;  ///< executions that have a slot
    std::int64_t limit = 0;   ///< the number of slots
};

}  // namespace integr8s::api

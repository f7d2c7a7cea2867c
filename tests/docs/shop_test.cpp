// SPDX-License-Identifier: Apache-2.0
// The tests of docs/write-a-program.md.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "quipu/delivery/runtime.hpp"
#include "quipu/event/id.hpp"
#include "quipu/http/server.hpp"
#include "quipu/quipu.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"

// The other pages have structs of the same names.
// clang-format off
namespace shop {
#include "write-a-program/events.inc"
#include "write-a-program/billing.inc"
#include "write-a-program/test.inc"
#include "write-a-program/test_group.inc"
}  // namespace shop

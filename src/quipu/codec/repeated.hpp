// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/event/field.hpp"

namespace quipu::codec {

/// Removes repeated names: the first occurrence keeps its place and gets the value of the last.
void drop_repeated_fields(Extra& extra);

}  // namespace quipu::codec

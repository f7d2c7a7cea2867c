// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/event/field.hpp"

namespace quipu::codec {

/// Keeps of equal names the last value, at the place of the first.
void drop_repeated_fields(Extra& extra);

}  // namespace quipu::codec

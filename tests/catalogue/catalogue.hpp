// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "forgotten.hpp"
#include "quipu/codec/json.hpp"

struct Orders : quipu::Catalogue<OrderPlaced> {};

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything a program of events needs.
#include "quipu/app/app.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/handler.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/event/event.hpp"

// SPDX-License-Identifier: Apache-2.0
// Judges the cases on standard input with the catalogue of integr8s; check.py compares the
// verdicts.

#include <iostream>

#include "integr8s/events/catalogue.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/codec/validate.hpp"

int main() {
    std::ios::sync_with_stdio(false);
    quipu::validate_lines(std::cin, std::cout, [](std::string_view bytes) {
        integr8s::Events::AnyEvent any;
        return quipu::detail::canonical_event(bytes, integr8s::Events::types(),
                                              &integr8s::Events::emplace, &any);
    });
}

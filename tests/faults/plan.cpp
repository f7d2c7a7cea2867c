// SPDX-License-Identifier: Apache-2.0
#include "faults/plan.hpp"

#include <cstdlib>
#include <stdexcept>

namespace quipu::faults {

namespace {

/// Shows every member of a plan with its name to `visit`.
template <class Any, class Visit>
void each(Any& plan, Visit&& visit) {
    visit("mongo", plan.mongo);
    visit("database", plan.database);
    visit("brokers", plan.brokers);
    visit("prefix", plan.prefix);
    visit("member", plan.member);
    visit("board", plan.board);
    visit("epoch_ms", plan.epoch_ms);
    visit("first_customer", plan.first_customer);
    visit("customers", plan.customers);
    visit("pause_us", plan.pause_us);
    visit("members", plan.members);
    visit("storm", plan.storm);
    visit("limit", plan.limit);
    visit("patience", plan.patience);
    visit("socket_timeout_ms", plan.socket_timeout_ms);
    visit("duplicates", plan.duplicates);
    visit("delay_ms", plan.delay_ms);
    visit("point", plan.point);
    visit("after", plan.after);
    visit("plant", plan.plant);
    visit("seed", plan.seed);
}

std::string text(const std::string& value) {
    return value;
}
template <class Number>
std::string text(Number value) {
    return std::to_string(value);
}

void parse(std::string& value, const std::string& text) {
    value = text;
}
template <class Number>
void parse(Number& value, const std::string& text) {
    value = static_cast<Number>(std::stoll(text));
}

}  // namespace

std::vector<std::string> Plan::words() const {
    std::vector<std::string> out{"directory=" + directory.string()};
    each(*this, [&](std::string_view name, const auto& value) {
        out.push_back(std::string(name) + "=" + text(value));
    });
    return out;
}

void Plan::take(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos) throw std::runtime_error("no name=value: " + std::string(word));
    const std::string_view wanted = word.substr(0, equals);
    const std::string value(word.substr(equals + 1));
    bool known = wanted == "directory";
    if (known) directory = value;
    each(*this, [&](std::string_view name, auto& value_of) {
        if (name != wanted) return;
        known = true;
        parse(value_of, value);
    });
    if (!known) throw std::runtime_error("no such word: " + std::string(word));
}

}  // namespace quipu::faults

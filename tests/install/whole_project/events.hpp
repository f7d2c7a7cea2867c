#pragma once
#include <quipu/quipu.hpp>

struct UserGreeted {
    static constexpr std::string_view event_type = "user_greeted";
    std::string name;
};
struct Events : quipu::Catalogue<UserGreeted> {};

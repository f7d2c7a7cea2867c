// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/problem.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "quipu/codec/json.hpp"

namespace integr8s::api {
namespace {

struct FaultView {
    std::string type;
    std::vector<quipu::Json> loc;
    std::string msg;
};

struct ValidationView {
    std::string detail;
    std::string type;
    std::vector<FaultView> errors;
};

quipu::Json step_json(const quipu::Fault::Step& step) {
    quipu::Json json{std::string{}};
    if (const auto* name = std::get_if<std::string>(&step)) {
        quipu::append_json_string(json.text, *name);
    } else {
        json.text = std::to_string(std::get<std::int64_t>(step));
    }
    return json;
}

}  // namespace

quipu::HttpResponse problem(const quipu::Error& error) {
    using quipu::ErrorCode;
    using quipu::HttpResponse;
    switch (error.code) {
        case ErrorCode::invalid: return HttpResponse::problem(422, "validation", error.message);
        case ErrorCode::not_found: return HttpResponse::problem(404, "not_found", error.message);
        case ErrorCode::conflict: return HttpResponse::problem(409, "conflict", error.message);
        case ErrorCode::limit: return HttpResponse::problem(429, "throttled", error.message);
        case ErrorCode::busy:
        case ErrorCode::unavailable:
        case ErrorCode::corrupt:
        case ErrorCode::internal: break;
    }
    return HttpResponse::error(error);
}

quipu::HttpResponse problem(const quipu::Faults& faults, std::string_view part) {
    ValidationView view{faults.summary(), "validation", {}};
    for (const quipu::Fault& fault : faults.list) {
        FaultView one{fault.kind, {step_json(std::string(part))}, fault.message};
        for (const auto& step : fault.location) one.loc.push_back(step_json(step));
        view.errors.push_back(std::move(one));
    }
    auto body = quipu::to_json(view);
    if (!body) return quipu::HttpResponse::problem(422, "validation", "the request is not valid");
    return quipu::HttpResponse::json(422, std::move(*body));
}

quipu::HttpResponse bad_value(std::string_view part, std::string_view name,
                              std::string_view message) {
    return problem(quipu::Faults{{{"value_error", {std::string(name)}, std::string(message)}}},
                   part);
}

}  // namespace integr8s::api

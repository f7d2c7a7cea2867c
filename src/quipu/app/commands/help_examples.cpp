// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/help_examples.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "quipu/codec/json.hpp"

namespace quipu {

namespace {

constexpr int max_depth = 8;

void append_value(std::string& out, const TypeInfo& type, const EventTypes& types, int depth);

void append_struct(std::string& out, const StructInfo& info, const EventTypes& types, int depth) {
    out += '{';
    bool first = true;
    for (const Member& member : info.members) {
        if (!must_be_present(member.presence) || member.type == nullptr || depth == 0) continue;
        if (!std::exchange(first, false)) out += ',';
        append_json_string(out, member.name);
        out += ':';
        append_value(out, *member.type, types, depth - 1);
    }
    out += '}';
}

void append_value(std::string& out, const TypeInfo& type, const EventTypes& types, int depth) {
    switch (type.kind) {
        case Kind::boolean: out += "true"; return;
        case Kind::integer: out += '1'; return;
        case Kind::number: out += "1.5"; return;
        case Kind::text: out += R"("abc")"; return;
        case Kind::time: out += R"("2026-01-02T03:04:05Z")"; return;
        case Kind::enumeration: append_json_string(out, type.enumeration->values.front()); return;
        case Kind::event_type: append_json_string(out, types.all().front().event_type); return;
        case Kind::structure: append_struct(out, type.structure(), types, depth); return;
        case Kind::list: out += "[]"; return;
        case Kind::map: out += "{}"; return;
        case Kind::json: out += "null"; return;
    }
}

struct CommandExamples {
    std::string_view command;
    std::string_view text;  // $P program, $T event type, $J example JSON
};

constexpr std::array examples{
    CommandExamples{"",
                    "  $P run                       handle events until stopped\n"
                    "  $P publish $T '$J'\n"
                    "  $P tail                      watch events arrive\n"
                    "  $P groups                    see how far each group is\n"},
    CommandExamples{"run",
                    "  $P run\n"
                    "  $P run --file orders.db --http 127.0.0.1:8080\n"
                    "  $P run --once                handle what is there, then stop\n"
                    "  $P run --store mongodb://127.0.0.1/$P --log kafka://127.0.0.1:9092\n"
                    "  $P run --json 2>log.jsonl    log as JSON lines\n"},
    CommandExamples{"publish",
                    "  $P publish $T '$J'\n"
                    "  $P publish $T '$J' --aggregate order-17 --user u-1\n"
                    "  $P publish $T - < event.json\n"},
    CommandExamples{"tail",
                    "  $P tail\n"
                    "  $P tail --type $T --body\n"
                    "  $P tail --last 100 --no-follow --json\n"},
    CommandExamples{"show",
                    "  $P show 0198a6c2-7f5e-7c3b-9d53-1f0a4be0c001\n"
                    "  $P show 17                   the event at position 17\n"
                    "  $P show 17 --json\n"},
    CommandExamples{"events",
                    "  $P events --type $T --newest --limit 20\n"
                    "  $P events --aggregate order-17 --body\n"
                    "  $P events --from 2026-01-02 --until 2026-01-03T12:00:00Z\n"
                    "  $P events --where metadata.user_id=u-1 --json\n"},
    CommandExamples{"validate",
                    "  $P validate < cases.jsonl > verdicts.jsonl\n"
                    "  one case a line, {\"id\":\"c1\",\"input\":\"{...an event...}\"}, gives\n"
                    "  {\"id\":\"c1\",\"ok\":true,\"output\":\"...\"} or\n"
                    "  {\"id\":\"c1\",\"ok\":false,\"errors\":[{\"type\":\"missing\",\"loc\":"
                    "[...],\"msg\":\"...\"}]}\n"},
    CommandExamples{"groups",
                    "  $P groups\n"
                    "  $P groups --json\n"},
    CommandExamples{"dead-letters",
                    "  $P dead-letters list\n"
                    "  $P dead-letters show 3\n"
                    "  $P dead-letters requeue 3 4\n"
                    "  $P dead-letters requeue --all --type $T --rate 20\n"
                    "  $P dead-letters discard 5 --reason \"test data\"\n"},
    CommandExamples{"flow",
                    "  $P flow > flow.mmd           for any viewer of Mermaid\n"
                    "  $P flow --json\n"},
    CommandExamples{"doctor",
                    "  $P doctor\n"
                    "  $P doctor --json\n"},
    CommandExamples{"verify", "  $P verify && echo sound\n"},
    CommandExamples{"topics",
                    "  $P topics plan --log kafka://127.0.0.1:9092\n"
                    "  $P topics diff --json        exit code 1 when something differs\n"
                    "  $P topics apply\n"},
    CommandExamples{
        "promote",
        "  $P promote $P.db --store mongodb://127.0.0.1/$P --log kafka://127.0.0.1:9092\n"
        "  $P promote old.db --store new.db\n"},
    CommandExamples{"config",
                    "  $P config\n"
                    "  $P config --reference > settings.md\n"},
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

}  // namespace

std::string example_json(const StructInfo& payload, const EventTypes& types) {
    std::string out;
    append_struct(out, payload, types, max_depth);
    return out;
}

HelpExamples::HelpExamples(std::string_view program, const EventTypes& types) : program_(program) {
    // The event with the shortest example reads best.
    for (const EventInfo& info : types.all()) {
        std::string json = example_json(*info.payload, types);
        if (type_.empty() || json.size() < json_.size()) {
            type_ = info.event_type;
            json_ = std::move(json);
        }
    }
}

std::string HelpExamples::of(std::string_view command) const {
    const auto found =
        std::ranges::find_if(examples, [&](const auto& entry) { return entry.command == command; });
    return found == examples.end() ? std::string{} : "Examples:\n" + filled(found->text);
}

std::string HelpExamples::filled(std::string_view text) const {
    std::string result(text);
    replace_all(result, "$P", program_);
    replace_all(result, "$T", type_);
    replace_all(result, "$J", json_);
    return result;
}

}  // namespace quipu

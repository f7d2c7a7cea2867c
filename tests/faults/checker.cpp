// SPDX-License-Identifier: Apache-2.0
#include "faults/checker.hpp"

#include <fstream>
#include <set>
#include <utility>

#include "faults/child.hpp"
#include "faults/model.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu::faults {

namespace {

std::string id_of(const std::string& type, const std::string& body) {
    if (type == Placed::event_type) {
        const auto event = decode_as<Placed>(body);
        return event ? event->header.event_id : std::string{};
    }
    const auto event = decode_as<Noted>(body);
    return event ? event->header.event_id : std::string{};
}

}  // namespace

void Checker::fault(std::string text) {
    if (faults_.size() < 30) faults_.push_back(std::move(text));
}

std::vector<std::string> Checker::check_store() {
    if (open()) {
        read_store();
        check_acknowledgements();
        for (const auto& problem : store_->verify().value_or(std::vector<std::string>{"none"})) {
            fault("unsound: " + problem);
        }
    }
    return std::exchange(faults_, {});
}

std::vector<std::string> Checker::check() {
    faults_ = check_store();
    if (store_ != nullptr) {
        check_groups();
        for (const char* part : {"tally", "audit", "noted"}) check_effects(part);
        for (const auto type : {Placed::event_type, Noted::event_type}) {
            check_log(std::string(type));
        }
        for (const auto& [id, event] : events_) {
            if (!event.in_log) fault("lost: " + event.type + " " + id + " is not in Kafka");
        }
    }
    store_.reset();
    return std::exchange(faults_, {});
}

bool Checker::open() {
    events_.clear();
    placed_.clear();
    noted_.clear();
    figures_ = {};
    store_.reset();
    auto store = open_store(plan_);
    if (!store) {
        fault("unsound: " + store.error().message);
        return false;
    }
    store_ = std::move(*store);
    return true;
}

void Checker::read_store() {
    std::int64_t last = 0;
    while (true) {
        const auto records = store_->read(last, 1000);
        if (!records) return fault("unsound: " + records.error().message);
        if (records->empty()) return;
        for (const RecordPtr& record : *records) {
            if (record->position != last + 1) fault("lost: position " + std::to_string(last + 1));
            last = record->position;
            ++figures_.events;
            if (record->event_type == Placed::event_type) {
                read_placed(*record);
            } else if (record->event_type == Noted::event_type) {
                read_noted(*record);
            } else {
                fault("changed: nobody published " + record->event_id);
            }
        }
    }
}

void Checker::read_placed(const Record& record) {
    const auto event = decode_as<Placed>(record.body);
    if (!event) return fault("changed: " + record.event_id + " cannot be decoded");
    const Placed& data = event->data;
    if (record.event_id != event_id(data.customer, data.number) ||
        data.filling != filling(data.number) || record.aggregate_id != data.customer) {
        fault("changed: " + record.event_id + " is not what was published");
    }
    if (data.number != ++placed_[data.customer]) {
        fault("order: " + record.event_id + " is stored where number " +
              std::to_string(placed_[data.customer]) + " should be");
        placed_[data.customer] = data.number;
    }
    events_[record.event_id] = {record.position, record.event_type, record.key,
                                record.body,     data.number,       false};
}

void Checker::read_noted(const Record& record) {
    const auto event = decode_as<Noted>(record.body);
    if (!event) return fault("changed: " + record.event_id + " cannot be decoded");
    const std::int64_t expected = ++noted_[event->data.customer];
    if (event->data.number != expected) {
        fault((event->data.number < expected ? "double: " : "order: ") + std::string("noted ") +
              event->data.customer + "." + std::to_string(event->data.number) + " comes where " +
              std::to_string(expected) + " should");
        noted_[event->data.customer] = event->data.number;
    }
    events_[record.event_id] = {record.position, record.event_type,  record.key,
                                record.body,     event->data.number, false};
}

void Checker::check_acknowledgements() {
    std::ifstream file(plan_.acknowledgements());
    std::string id;
    while (std::getline(file, id)) {
        ++figures_.acknowledged;
        if (!events_.contains(id)) fault("lost: " + id + " was acknowledged and is not stored");
    }
}

void Checker::check_groups() {
    const std::int64_t last = store_->last_position();
    const auto groups = store_->groups();
    if (!groups) return fault("unsound: " + groups.error().message);
    std::set<std::string> seen;
    for (const GroupPosition& group : *groups) {
        seen.insert(group.group);
        if (group.position != last) {
            fault("backlog: " + group.group + " stands at " + std::to_string(group.position) +
                  " of " + std::to_string(last));
        }
        const auto parked = store_->parked(group.group);
        if (!parked || !parked->empty()) fault("backlog: " + group.group + " has parked records");
    }
    for (const std::string& group :
         {std::string(Tally::group), std::string(Audit::group), std::string(relay_group)}) {
        if (!seen.contains(group)) fault("backlog: there is no group " + group);
    }
    const auto letters = store_->dead_letters({}, DeadLetter::Status::open, 0, 5);
    if (!letters) return fault("unsound: " + letters.error().message);
    for (const DeadLetter& letter : *letters) {
        fault("lost: dead letter of " + letter.group + ": " + letter.error);
    }
}

void Checker::check_effects(const std::string& part) {
    for (const auto& [customer, last] : placed_) {
        const auto document = store_->document(Done::collection, part + "/" + customer);
        if (!document) {
            fault("unsound: " + document.error().message);
            continue;
        }
        const Done done = *document ? from_json<Done>((*document)->body).value_or(Done{}) : Done{};
        const std::string name = part + " of " + customer;
        std::set<std::int64_t> seen;
        std::int64_t before = 0;
        for (const std::int64_t number : done.numbers) {
            if (!seen.insert(number).second) {
                fault("double: " + name + " has number " + std::to_string(number) + " twice");
            } else if (number < before) {
                fault("order: " + name + " has number " + std::to_string(number) + " after " +
                      std::to_string(before));
            }
            before = number;
        }
        for (std::int64_t number = 1; number <= last; ++number) {
            if (!seen.contains(number)) {
                fault("lost: " + name + " lacks number " + std::to_string(number));
            }
        }
        if (!seen.empty() && *seen.rbegin() > last) fault("changed: " + name + " has too much");
        if (done.count != static_cast<std::int64_t>(done.numbers.size())) {
            fault("changed: " + name + " counts " + std::to_string(done.count));
        }
    }
}

void Checker::check_log(const std::string& type) {
    const auto topic = read_topic(plan_.brokers, plan_.prefix + type,
                                  {plan_.prefix + "tally", plan_.prefix + "audit"});
    if (!topic) return fault("unsound: Kafka cannot be read back: " + topic.error().message);
    std::map<std::string, std::pair<std::int64_t, std::int32_t>> last;  // by key
    // What follows the last event in a partition, repetitions, need not have been read again.
    std::map<std::int32_t, std::int64_t> needed;
    for (const Stands& record : topic->records) {
        const std::string id = id_of(type, record.value);
        const auto found = events_.find(id);
        if (found == events_.end() || found->second.body != record.value ||
            found->second.key != record.key || found->second.type != type) {
            fault("changed: Kafka has a record that is not stored so: " + type + " " + id);
            continue;
        }
        Event& event = found->second;
        if (std::exchange(event.in_log, true)) {
            ++figures_.repetitions;
            continue;
        }
        const auto [place, first] = last.try_emplace(record.key, event.position, record.partition);
        if (!first && place->second.second != record.partition) {
            fault("order: " + record.key + " is in two partitions of " + type);
        }
        if (!first && place->second.first > event.position) {
            fault("order: " + type + " " + id + " came into Kafka after a later one of its key");
        }
        place->second = {event.position, record.partition};
        needed[record.partition] = record.offset + 1;
    }
    check_offsets(type, *topic, needed);
}

void Checker::check_offsets(const std::string& type, const Topic& topic,
                            const std::map<std::int32_t, std::int64_t>& needed) {
    for (const auto& [group, offsets] : topic.committed) {
        if (type == Noted::event_type && group == plan_.prefix + "tally") continue;
        for (const auto& [partition, least] : needed) {
            const std::int64_t offset = offsets.at(partition);
            if (offset >= least && offset <= topic.ends.at(partition)) continue;
            fault("backlog: " + group + " has committed " + std::to_string(offset) + " of " +
                  std::to_string(least) + " in " + type + "/" + std::to_string(partition));
        }
    }
}

}  // namespace quipu::faults

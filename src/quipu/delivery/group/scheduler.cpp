// SPDX-License-Identifier: Apache-2.0
#include "scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace quipu {

/// The records of one key, in order: the parked ones come before those that wait in memory.
struct Lane {
    std::string key;
    /// The first `out_parked` are being handled. Sorted by position, except that nothing is put
    /// before a record that is being handled.
    std::deque<Task> parked;
    std::deque<Task> waiting;  ///< read and not handed out
    std::size_t out_parked = 0;
    std::size_t out_waiting = 0;
    /// Parked records that only the store has; all of them are beyond `loaded_to`.
    std::size_t beyond = 0;
    std::int64_t loaded_to = 0;
    std::int64_t last_parked = 0;  ///< the highest position that was counted in `beyond`
    std::size_t beyond_since_load = 0;
    bool loading = false;
    // Where the lane is registered.
    std::optional<std::int64_t> ready_at;
    std::optional<Time> due_at;

    [[nodiscard]] bool busy() const noexcept { return out_parked + out_waiting > 0; }
    [[nodiscard]] bool has_parked() const noexcept { return !parked.empty() || beyond > 0; }
};

Scheduler::Scheduler(std::string group, Options options)
    : group_(std::move(group)), options_(options) {}

Scheduler::~Scheduler() = default;

Lane& Scheduler::lane_of(const std::string& key) {
    auto& lane = lanes_[key];
    if (!lane) {
        lane = std::make_unique<Lane>();
        lane->key = key;
    }
    return *lane;
}

void Scheduler::place(Lane& lane) {
    if (lane.ready_at) ready_.erase(*std::exchange(lane.ready_at, std::nullopt));
    if (lane.due_at) due_.erase({*std::exchange(lane.due_at, std::nullopt), &lane});
    held_.erase(&lane);
    to_load_.erase(&lane);
    if (!lane.busy() && !lane.has_parked() && lane.waiting.empty() && !lane.loading) {
        stalled_loads_.erase(&lane);
        lanes_.erase(std::string(lane.key));
        return;
    }
    if (!lane.parked.empty() && lane.parked.front().parked->held()) held_.insert(&lane);
    if (lane.beyond > 0 && !lane.loading && !stalled_loads_.contains(&lane) &&
        lane.parked.size() <= options_.lane_memory / 2) {
        to_load_.insert(&lane);
    }
    if (lane.busy()) return;
    if (!lane.parked.empty()) {
        if (lane.parked.front().parked->held()) return;
        lane.due_at = lane.parked.front().parked->due_at;
        due_.emplace(*lane.due_at, &lane);
    } else if (lane.beyond == 0 && !lane.waiting.empty()) {
        lane.ready_at = lane.waiting.front().position();
        ready_.emplace(*lane.ready_at, &lane);
    }
}

void Scheduler::insert(Lane& lane, Task task) {
    const std::int64_t position = task.position();
    ++parked_;
    if (lane.beyond > 0 && position > lane.loaded_to) {
        ++lane.beyond;
        ++lane.beyond_since_load;
        lane.last_parked = std::max(lane.last_parked, position);
        return;
    }
    if (lane.parked.size() >= options_.lane_memory && position > lane.parked.back().position()) {
        lane.beyond = lane.beyond_since_load = 1;
        lane.loaded_to = lane.parked.back().position();
        lane.last_parked = position;
        return;
    }
    auto place = lane.parked.end();
    const auto first = lane.parked.begin() + static_cast<std::ptrdiff_t>(lane.out_parked);
    while (place != first && std::prev(place)->position() > position) --place;
    // What waits for a due time is read from the store when it is due.
    task.record.reset();
    task.lane = &lane;
    lane.parked.insert(place, std::move(task));
    parked_lanes_.emplace(position, &lane);
}

Parked Scheduler::park_behind(Lane& lane, Task task, Time now) {
    Parked entry{.group = group_,
                 .position = task.position(),
                 .key = lane.key,
                 .due_at = now,
                 .attempts = {},
                 .source = task.source};
    task.parked = entry;
    insert(lane, std::move(task));
    return entry;
}

void Scheduler::make_first_due(Lane& lane, Time now) {
    if (lane.busy() || lane.parked.empty()) return;
    Parked& first = *lane.parked.front().parked;
    if (first.attempts.empty() && !first.held()) first.due_at = std::min(first.due_at, now);
}

std::optional<Parked> Scheduler::add(Task task, Time now) {
    Lane& lane = lane_of(task.key());
    std::optional<Parked> entry;
    // A record does not overtake one that waits in memory, whatever was parked after that one came.
    if (lane.has_parked() && lane.waiting.empty()) {
        entry = park_behind(lane, std::move(task), now);
    } else {
        task.lane = &lane;
        lane.waiting.push_back(std::move(task));
    }
    place(lane);
    return entry;
}

void Scheduler::add_parked(Parked entry) {
    Lane& lane = lane_of(entry.key);
    const std::int64_t position = entry.position;
    if (parked_lanes_.contains(position)) {
        const auto known = std::ranges::find(lane.parked, position, &Task::position);
        const auto index = static_cast<std::size_t>(known - lane.parked.begin());
        if (known != lane.parked.end() && index >= lane.out_parked) {
            known->parked = std::move(entry);
        }
    } else if (lane.beyond == 0 || position <= lane.loaded_to || position > lane.last_parked) {
        std::string source = entry.source;
        insert(lane, {.record = {}, .parked = std::move(entry), .source = std::move(source)});
    }
    place(lane);
}

bool Scheduler::remove_from(Lane& lane, const std::function<bool(const Parked&)>& which) {
    bool all = true;
    std::size_t index = 0;
    std::erase_if(lane.parked, [&](const Task& task) {
        const bool out = index++ < lane.out_parked;
        if (!which(*task.parked)) return false;
        if (out) {
            all = false;
            return false;
        }
        parked_lanes_.erase(task.position());
        --parked_;
        return true;
    });
    return all;
}

bool Scheduler::make_due(std::int64_t position, Time now) {
    const auto found = parked_lanes_.find(position);
    if (found == parked_lanes_.end()) return false;
    Lane& lane = *found->second;
    const auto task = std::ranges::find(lane.parked, position, &Task::position);
    const auto index = static_cast<std::size_t>(task - lane.parked.begin());
    if (index < lane.out_parked || task->parked->held()) return false;
    task->parked->due_at = std::min(task->parked->due_at, now);
    place(lane);
    return true;
}

bool Scheduler::remove_parked(std::int64_t position, Time now) {
    const auto found = parked_lanes_.find(position);
    if (found == parked_lanes_.end()) return false;
    Lane& lane = *found->second;
    const bool removed =
        remove_from(lane, [&](const Parked& entry) { return entry.position == position; });
    make_first_due(lane, now);
    place(lane);
    return removed;
}

bool Scheduler::remove_parked_if(const std::function<bool(const Parked&)>& which) {
    bool all = true;
    for (Lane* lane : all_lanes()) {
        all = remove_from(*lane, which) && all;
        place(*lane);
    }
    return all;
}

std::vector<Lane*> Scheduler::all_lanes() {
    std::vector<Lane*> all;
    all.reserve(lanes_.size());
    for (const auto& [key, lane] : lanes_) all.push_back(lane.get());
    return all;
}

std::vector<std::int64_t> Scheduler::take_back(const std::set<std::int64_t>& positions) {
    std::vector<std::int64_t> taken;
    for (Lane* lane : all_lanes()) {
        std::erase_if(lane->waiting, [&](const Task& task) {
            if (!positions.contains(task.position())) return false;
            taken.push_back(task.position());
            return true;
        });
        place(*lane);
    }
    return taken;
}

void Scheduler::take_parked(Lane& lane, std::size_t limit, Time now, std::vector<Task>& tasks) {
    while (lane.out_parked < lane.parked.size() && tasks.size() < limit) {
        const Task& next = lane.parked[lane.out_parked];
        const bool first = lane.out_parked == 0;
        // Those that only wait behind the first run with it.
        const bool due = first ? next.parked->due_at <= now : next.parked->attempts.empty();
        if (next.parked->held() || !due) break;
        tasks.push_back(next);
        tasks.back().retry = true;
        ++lane.out_parked;
        ++out_;
    }
    place(lane);
}

void Scheduler::take_waiting(Lane& lane, std::size_t limit, std::vector<Task>& tasks) {
    while (!lane.waiting.empty() && tasks.size() < limit) {
        tasks.push_back(std::move(lane.waiting.front()));
        lane.waiting.pop_front();
        ++lane.out_waiting;
        ++out_;
    }
    place(lane);
}

std::vector<Task> Scheduler::take(std::size_t limit, Time now) {
    std::vector<Task> tasks;
    if (suspects_ > 0) {
        if (out_ > 0) return tasks;
        limit = 1;
    } else if (isolate_ > 0) {
        limit = 1;
    }
    const bool due = !due_.empty() && due_.begin()->first <= now;
    if (due && (retry_next_ || ready_.empty())) {
        take_parked(*due_.begin()->second, limit, now, tasks);
        retry_next_ = false;
    } else {
        retry_next_ = true;
        if (options_.serial) {
            // One record at a time, always the earliest. A lane that has given one is busy and no
            // longer ready, so it takes its further turns from here.
            std::map<std::int64_t, Lane*> turns;
            while (tasks.size() < limit && !(ready_.empty() && turns.empty())) {
                const bool again = ready_.empty() ||
                                   (!turns.empty() && turns.begin()->first < ready_.begin()->first);
                Lane& lane = *(again ? turns : ready_).begin()->second;
                if (again) turns.erase(turns.begin());
                take_waiting(lane, tasks.size() + 1, tasks);
                if (!lane.waiting.empty()) turns.emplace(lane.waiting.front().position(), &lane);
            }
        } else {
            const std::size_t share = std::max<std::size_t>(1, ready_.size() / options_.workers);
            if (options_.workers > 1) limit = std::min(limit, share);
            while (!ready_.empty() && tasks.size() < limit) {
                take_waiting(*ready_.begin()->second, limit, tasks);
            }
        }
    }
    if (suspects_ > 0) {
        suspects_ -= tasks.size();
    } else if (isolate_ > 0) {
        isolate_ -= tasks.size();
    }
    return tasks;
}

void Scheduler::settle_parked(Lane& lane, Settled settled) {
    const auto end = lane.parked.begin() + static_cast<std::ptrdiff_t>(lane.out_parked);
    const auto known = std::find_if(lane.parked.begin(), end, [&](const Task& task) {
        return task.position() == settled.task.position();
    });
    assert(known != end);
    --lane.out_parked;
    if (settled.what == Settled::What::gone) {
        parked_lanes_.erase(known->position());
        --parked_;
        lane.parked.erase(known);
    } else {
        settled.task.record.reset();
        settled.task.retry = false;
        *known = std::move(settled.task);
    }
}

void Scheduler::settle_waiting(Lane& lane, Settled settled) {
    assert(lane.out_waiting > 0);
    --lane.out_waiting;
    switch (settled.what) {
        case Settled::What::gone: break;
        case Settled::What::parked: insert(lane, std::move(settled.task)); break;
        case Settled::What::returned: lane.waiting.push_front(std::move(settled.task)); break;
    }
}

std::vector<Parked> Scheduler::settle(std::vector<Settled> tasks, Time now) {
    std::vector<Lane*> touched;
    // Backwards, so that tasks which are returned come to the front of their lane in order, and so
    // that those of a lane which stay out are always its first ones.
    for (auto settled = tasks.rbegin(); settled != tasks.rend(); ++settled) {
        Lane& lane = *settled->task.lane;
        if (touched.empty() || touched.back() != &lane) touched.push_back(&lane);
        --out_;
        if (settled->task.retry) {
            settle_parked(lane, std::move(*settled));
        } else {
            settle_waiting(lane, std::move(*settled));
        }
    }
    std::ranges::sort(touched);
    const auto twice = std::ranges::unique(touched);
    touched.erase(twice.begin(), twice.end());
    std::vector<Parked> behind;
    for (Lane* lane : touched) {
        if (!lane->busy() && lane->has_parked()) {
            while (!lane->waiting.empty()) {
                Task task = std::move(lane->waiting.front());
                lane->waiting.pop_front();
                behind.push_back(park_behind(*lane, std::move(task), now));
            }
        }
        make_first_due(*lane, now);
        place(*lane);
    }
    return behind;
}

void Scheduler::isolate(std::size_t count) {
    isolate_ = std::max(isolate_, count);
}

std::optional<Scheduler::Load> Scheduler::next_load() {
    if (to_load_.empty()) return std::nullopt;
    Lane& lane = **to_load_.begin();
    lane.loading = true;
    lane.beyond_since_load = 0;
    place(lane);
    return Load{lane.key, lane.loaded_to};
}

void Scheduler::loaded(const Load& load, std::vector<Parked> entries, std::int64_t through,
                       bool complete, Time now) {
    Lane& lane = lane_of(load.key);
    lane.loading = false;
    if (entries.empty() && !complete) stalled_loads_.insert(&lane);
    for (Parked& entry : entries) {
        if (lane.beyond > 0) {
            --lane.beyond;
            --parked_;
        }
        lane.loaded_to = std::max(lane.loaded_to, entry.position);
        if (parked_lanes_.contains(entry.position)) continue;
        ++parked_;
        parked_lanes_.emplace(entry.position, &lane);
        std::string source = entry.source;
        lane.parked.push_back(
            {.record = {}, .parked = std::move(entry), .source = std::move(source), .lane = &lane});
    }
    lane.loaded_to = std::max(lane.loaded_to, through);
    if (complete) {
        parked_ -= lane.beyond - std::min(lane.beyond, lane.beyond_since_load);
        lane.beyond = std::min(lane.beyond, lane.beyond_since_load);
    } else if (lane.beyond == 0) {
        // The count was too low; the next answer corrects it.
        lane.beyond = 1;
        ++parked_;
    }
    make_first_due(lane, now);
    place(lane);
}

void Scheduler::not_loaded(const Load& load) {
    Lane& lane = lane_of(load.key);
    lane.loading = false;
    place(lane);
}

void Scheduler::resume_loads() {
    for (Lane* lane : std::exchange(stalled_loads_, {})) place(*lane);
}

std::optional<Time> Scheduler::next_due() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

std::vector<std::int64_t> Scheduler::held_positions() const {
    std::vector<std::int64_t> positions;
    positions.reserve(held_.size());
    for (const Lane* lane : held_) positions.push_back(lane->parked.front().position());
    return positions;
}

std::optional<Time> Scheduler::oldest_hold() const {
    std::optional<Time> oldest;
    for (const Lane* lane : held_) {
        const std::vector<Attempt>& attempts = lane->parked.front().parked->attempts;
        if (attempts.empty()) continue;
        oldest = oldest ? std::min(*oldest, attempts.back().at) : attempts.back().at;
    }
    return oldest;
}

}  // namespace quipu

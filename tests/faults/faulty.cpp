// SPDX-License-Identifier: Apache-2.0
#include "faults/faulty.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include "quipu/delivery/relay.hpp"

namespace quipu::faults {

namespace {

constexpr int plant_every = 60;

std::string_view kind_of(const Transaction& transaction) {
    if (transaction.group == relay_group) return "mark";
    if (!transaction.group.empty()) return transaction.finished.empty() ? "" : "effect";
    return transaction.appends.empty() ? "" : "publish_commit";
}

}  // namespace

void Death::pass(std::string_view point) {
    if (plan_.point != point || passed_++ < plan_.after) return;
    // The broken offset is committed within this time, while the effect stands before its commit.
    if (plan_.plant == "offset") std::this_thread::sleep_for(std::chrono::milliseconds{1500});
    ::kill(::getpid(), SIGKILL);
    ::pause();
}

void FaultyStore::submit(Transaction transaction, Done done) {
    const std::string kind(kind_of(transaction));
    death_.pass("before_" + kind);
    if (plan_.plant == "double" && kind == "effect" && ++effects_ == plant_every) {
        transaction.group.clear();
        transaction.finished.clear();
        transaction.finished_ranges.clear();
        inner_.submit(std::move(transaction), [done = std::move(done)](const Result<Committed>&) {
            done(fail(ErrorCode::unavailable, "planted"));
        });
        return;
    }
    inner_.submit(std::move(transaction),
                  [this, kind, done = std::move(done)](Result<Committed> result) {
                      if (result) death_.pass("after_" + kind);
                      done(std::move(result));
                  });
}

void FaultyLog::repeat(const LogRecord& record) {
    std::vector<LogRecord> now;
    {
        const std::lock_guard lock(mutex_);
        while (!late_.empty() && late_.front().first <= Clock::now()) {
            now.push_back(std::move(late_.front().second));
            late_.pop_front();
        }
        if (static_cast<int>(random_() % 100) < plan_.duplicates) now.push_back(record);
        if (static_cast<int>(random_() % 100) < plan_.duplicates) {
            late_.emplace_back(Clock::now() + std::chrono::milliseconds{random_() % 400}, record);
        }
    }
    for (LogRecord& copy : now) {
        inner_.produce(std::move(copy), [](const Result<LogPlace>&) {});
    }
}

void FaultyLog::produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch) {
    death_.pass("before_produce");
    Done told = [this, done = std::move(done)](Result<LogPlace> place) {
        if (place) death_.pass("after_ack");
        done(std::move(place));
    };
    const LogRecord copy = record;
    const bool planted = ++produced_ == plant_every;
    if (planted && plan_.plant == "lost") {
        told(LogPlace{record.place.partition, 0});
        return;
    }
    if (planted && plan_.plant == "order") {
        held_ = Held{std::move(record), std::move(told), epoch};
        return;
    }
    inner_.produce(std::move(record), std::move(told), epoch);
    if (held_ && held_->record.key == copy.key &&
        held_->record.place.partition.event_type == copy.place.partition.event_type) {
        inner_.produce(std::move(held_->record), std::move(held_->done), held_->epoch);
        held_.reset();
    }
    // After the record itself, so that a repetition is never the first.
    if (plan_.duplicates > 0) repeat(copy);
}

/// A member whose partitions stand still from time to time.
class FaultyLog::Member : public LogConsumer {
  public:
    Member(FaultyLog& log, unsigned seed) : log_(log), random_(seed) {}
    void set_inner(std::unique_ptr<LogConsumer> inner) { inner_ = std::move(inner); }
    ~Member() override { inner_.reset(); }

    Result<std::vector<ReceivedRecord>> poll(std::chrono::milliseconds timeout,
                                             std::size_t limit) override {
        auto batch = inner_->poll(timeout, limit);
        if (!batch) return batch;
        if (log_.plan_.plant == "offset") {
            for (const ReceivedRecord& record : *batch) {
                inner_->finished(record.partition(), record.offset());
            }
        }
        if (log_.plan_.delay_ms == 0) return batch;
        for (ReceivedRecord& record : *batch) {
            waiting_[record.partition()].records.push_back(std::move(record));
        }
        batch->clear();
        const auto now = Clock::now();
        for (auto& [partition, waits] : waiting_) {
            if (waits.until > now || waits.records.empty()) continue;
            while (!waits.records.empty() && batch->size() < limit) {
                batch->push_back(std::move(waits.records.front()));
                waits.records.pop_front();
            }
            if (random_() % 8 == 0) {
                const auto most = static_cast<unsigned>(log_.plan_.delay_ms);
                waits.until = now + std::chrono::milliseconds{random_() % most};
            }
        }
        return batch;
    }
    void pause(bool paused) override { inner_->pause(paused); }
    void finished(const LogPartition& partition, std::int64_t offset) override {
        log_.death_.pass("before_offset");
        inner_->finished(partition, offset);
    }
    void close() override { inner_->close(); }
    bool at_end() override {
        return inner_->at_end() && std::ranges::all_of(waiting_, [](const auto& each) {
                   return each.second.records.empty();
               });
    }
    std::int64_t lag() override { return inner_->lag(); }
    Result<std::vector<LogProgress>> progress() override {
        auto all = inner_->progress();
        if (!all) return all;
        for (LogProgress& each : *all) {
            const auto waits = waiting_.find(each.partition);
            if (waits == waiting_.end() || waits->second.records.empty()) continue;
            each.given = std::min(each.given, waits->second.records.front().offset());
        }
        return all;
    }
    std::optional<LogPartition> partition_of(const std::string& type,
                                             const std::string& key) override {
        return inner_->partition_of(type, key);
    }

    void revoked(const std::vector<LogPartition>& partitions) {
        for (const LogPartition& partition : partitions) waiting_.erase(partition);
    }

  private:
    struct Waits {
        Clock::time_point until{};
        std::deque<ReceivedRecord> records;
    };
    FaultyLog& log_;
    std::mt19937 random_;
    std::map<LogPartition, Waits> waiting_;
    std::unique_ptr<LogConsumer> inner_;
};

Result<std::unique_ptr<LogConsumer>> FaultyLog::consume(LogConsumerOptions options) {
    unsigned seed = 0;
    {
        const std::lock_guard lock(mutex_);
        seed = static_cast<unsigned>(random_());
    }
    auto member = std::make_unique<Member>(*this, seed);
    options.revoked = [raw = member.get(), revoked = options.revoked](
                          const std::vector<LogPartition>& partitions, bool lost) {
        raw->revoked(partitions);
        if (revoked) revoked(partitions, lost);
    };
    auto inner = inner_.consume(std::move(options));
    if (!inner) return inner;
    member->set_inner(std::move(*inner));
    return member;
}

}  // namespace quipu::faults

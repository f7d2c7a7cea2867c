// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/mongo_store.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/store_impl.hpp"

namespace quipu::mongo {
namespace {

constexpr std::size_t most_body_with_members = std::size_t{4} << 20;

}  // namespace

MongoStore::MongoStore(MongoOptions options, std::unique_ptr<Server> server)
    : options_(std::move(options)),
      server_(std::move(server)),
      cache_(options_.cache_records, options_.cache_bytes),
      condition_(options_),
      ledger_(*server_, cache_, watch_) {}

MongoStore::~MongoStore() {
    watch_.wake();
    if (writer_) {
        writer_->stop();
    }
    {
        const std::scoped_lock lock(stop_mutex_);
        stop_ = true;
    }
    stopping_.notify_all();
    if (follower_.joinable()) {
        follower_.join();
    }
}

Result<void> MongoStore::start() {
    server_->greet();
    auto identity = make_collections(*server_, options_.create);
    if (!identity) {
        return std::unexpected(std::move(identity.error()));
    }
    identity_ = *std::move(identity);
    ledger_.open();
    writer_ = std::make_unique<Writer>(*server_, ledger_, options_, condition_);
    follower_ = std::jthread([this] { follow(); });
    return {};
}

void MongoStore::follow() {
    using std::chrono::milliseconds;
    constexpr milliseconds shortest{2};
    constexpr milliseconds longest{50};
    constexpr milliseconds after_failure{500};
    constexpr milliseconds look_for_orphans{250};
    milliseconds pause = shortest;
    auto looked = std::chrono::steady_clock::now();
    for (;;) {
        {
            std::unique_lock lock(stop_mutex_);
            if (stopping_.wait_for(lock, pause, [this] { return stop_; })) {
                return;
            }
        }
        try {
            bool behind = ledger_.refresh();
            const auto now = std::chrono::steady_clock::now();
            if (!behind && now - looked > look_for_orphans) {
                looked = now;
                if (ledger_.orphaned()) {
                    behind = true;
                    ledger_.catch_up(ledger_.order());
                }
            }
            pause = behind ? shortest : std::min(pause * 2, longest);
            condition_.good(false);
        } catch (const Failure& failure) {
            condition_.bad(failure);
            pause = after_failure;
        } catch (const std::exception&) {
            pause = after_failure;
        }
    }
}

void MongoStore::add_members(PreparedAppend& append) const {
    // A document holds body and members, and has at most 16 MiB.
    if (options_.document && append.record->body.size() <= most_body_with_members) {
        append.members = options_.document(*append.record);
    }
}

void MongoStore::submit(Transaction transaction, Done done) {
    auto prepared = prepare(std::move(transaction));
    if (!prepared) {
        done(std::unexpected(std::move(prepared.error())));
        return;
    }
    for (const auto& change : prepared->rest.documents) {
        if (auto indexed = check_indexed(*server_, change.collection, change.key); !indexed) {
            done(std::unexpected(std::move(indexed.error())));
            return;
        }
    }
    for (auto& append : prepared->appends) {
        add_members(append);
        prepared->bytes += append.members.size();
    }
    writer_->submit(*std::move(prepared), std::move(done));
}

}  // namespace quipu::mongo

namespace quipu {

Result<std::unique_ptr<Store>> open_mongo_store(MongoOptions options) {
    auto server = mongo::Server::make(options);
    if (!server) {
        return std::unexpected(std::move(server.error()));
    }
    const std::string where = (*server)->location();
    auto store = std::make_unique<mongo::MongoStore>(std::move(options), *std::move(server));
    try {
        if (auto started = store->start(); !started) {
            return std::unexpected(std::move(started.error()));
        }
        return store;
    } catch (const mongo::Failure& failure) {
        Error error = failure.error();
        if (failure.kind() == mongo::Failure::Kind::access) {
            error.code = ErrorCode::invalid;  // the same URI fails again
        }
        error.message = "cannot open the store " + where + ": " + error.message;
        return std::unexpected(std::move(error));
    } catch (const std::exception& exception) {
        return fail(ErrorCode::unavailable,
                    "cannot open the store " + where + ": " + exception.what());
    }
}

}  // namespace quipu

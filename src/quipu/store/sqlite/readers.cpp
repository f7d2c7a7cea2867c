// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/readers.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "quipu/base/hex.hpp"
#include "quipu/store/sqlite/field_function.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t most_statements = 64;
constexpr int steps_between_looks = 2000;

}  // namespace

std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char letter : path) {
        const auto value = static_cast<unsigned char>(letter);
        if (letter == '%' || letter == '?' || letter == '#' || value < 0x20 || value >= 0x7F) {
            uri += '%';
            append_hex(uri, letter, upper_hex_digits);
        } else {
            uri.push_back(letter);
        }
    }
    return uri + "?immutable=1";
}

Reader::Reader(const std::string& path, bool immutable)
    : connection_(immutable ? immutable_uri(path) : path,
                  SQLITE_OPEN_READONLY | (immutable ? SQLITE_OPEN_URI : 0)),
      types_(connection_) {
    connection_.exec("PRAGMA query_only=ON; PRAGMA cache_size=-4096;");
    add_field_function(connection_.get());
}

Statement& Reader::statement(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        found = statements_.emplace(std::string(sql), Statement(connection_, sql)).first;
    }
    return found->second;
}

void Reader::trim() {
    if (statements_.size() > most_statements) {
        statements_.clear();
    }
}

void Reader::limit_time(std::chrono::milliseconds limit) {
    deadline_ = std::chrono::steady_clock::now() + limit;
    sqlite3_progress_handler(
        connection_.get(), steps_between_looks,
        [](void* self) {
            const auto deadline = static_cast<Reader*>(self)->deadline_;
            return std::chrono::steady_clock::now() > deadline ? 1 : 0;
        },
        this);
}

void Reader::unlimited() noexcept {
    sqlite3_progress_handler(connection_.get(), 0, nullptr, nullptr);
}

Snapshot::~Snapshot() {
    // A read-only transaction has nothing that its end could lose.
    sqlite3_exec(reader_.connection().get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Readers::Readers(std::string path, std::size_t most, bool immutable)
    : path_(std::move(path)), most_(std::max<std::size_t>(1, most)), immutable_(immutable) {}

Readers::Lease Readers::take() {
    {
        const MutexLock lock(mutex_);
        returned_.wait(mutex_,
                       [this]() QUIPU_REQUIRES(mutex_) { return !free_.empty() || made_ < most_; });
        if (!free_.empty()) {
            auto reader = std::move(free_.back());
            free_.pop_back();
            return {*this, std::move(reader)};
        }
        ++made_;
    }
    try {
        return {*this, std::make_unique<Reader>(path_, immutable_)};
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void Readers::give_back(std::unique_ptr<Reader> reader) noexcept {
    {
        const MutexLock lock(mutex_);
        try {
            if (reader != nullptr) {
                reader->trim();
                free_.push_back(std::move(reader));
            } else {
                --made_;
            }
        } catch (...) {
            --made_;
        }
    }
    returned_.notify_one();
}

}  // namespace quipu::sqlite

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "quipu/codec/scan.hpp"

namespace quipu::codec {

/// Appends to a string through a pointer. Until finish() or rollback() is called, the string's size
/// is its capacity.
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out), start_(out.size()) {
        open(out.capacity());
        at_ = out_.data() + start_;
    }
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;
    ~JsonWriter() { rollback(); }

    /// The text written so far.
    [[nodiscard]] std::string_view written() const noexcept {
        return {out_.data() + start_, static_cast<std::size_t>(at_ - out_.data()) - start_};
    }
    void finish() { close(static_cast<std::size_t>(at_ - out_.data())); }
    /// Restores the string. Does nothing after finish().
    void rollback() { close(start_); }

    /// Reserves space for `count` bytes.
    void reserve(std::size_t count) {
        if (static_cast<std::size_t>(end_ - at_) < count) grow(count);
    }
    // The caller must have reserved space for these.
    void put(char c) noexcept { *at_++ = c; }
    [[nodiscard]] char* at() const noexcept { return at_; }
    void advance_to(char* at) noexcept { at_ = at; }

    // These reserve space themselves.
    void text(std::string_view bytes) {
        reserve(bytes.size());
        std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    /// Writes FieldInfo::key, of which 32 bytes are readable, after a comma unless it is the first
    /// key of its object.
    void key(std::string_view key) {
        reserve(key.size() + 33);
        if (at_[-1] != '{') *at_++ = ',';
        std::memcpy(at_, key.data(), 32);
        if (key.size() > 32) std::memcpy(at_, key.data(), key.size());
        at_ += key.size();
    }
    /// Writes a JSON string.
    void quoted(std::string_view text);

  private:
    void grow(std::size_t count);
    void open(std::size_t size) {
        out_.resize_and_overwrite(size, [](char*, std::size_t n) { return n; });
        end_ = out_.data() + out_.size();
        open_ = true;
    }
    void close(std::size_t size) {
        if (open_) out_.resize(size);
        open_ = false;
    }

    std::string& out_;
    std::size_t start_;
    char* at_ = nullptr;
    char* end_ = nullptr;
    bool open_ = false;
};

}  // namespace quipu::codec

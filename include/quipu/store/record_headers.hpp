// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quipu {

/// Headers beside a record's body, as on a Kafka record: traceparent, content-type, foreign ones.
/// Names and values are any bytes, names may repeat, the order is kept. A value may be null, as
/// Kafka has it, which is not an empty value: such a value is a view whose data() is null. All of
/// them stand in one block of memory: a record with headers costs one allocation more than one
/// without.
class RecordHeaders {
  public:
    /// Views into the headers; valid until those change, move or end.
    using value_type = std::pair<std::string_view, std::string_view>;

    class Iterator {
      public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;
        using value_type = RecordHeaders::value_type;
        using difference_type = std::ptrdiff_t;
        using reference = value_type;
        using pointer = const value_type*;

        Iterator() = default;
        [[nodiscard]] reference operator*() const noexcept { return header_; }
        [[nodiscard]] pointer operator->() const noexcept { return &header_; }
        Iterator& operator++() noexcept {
            at_ = next_;
            read();
            return *this;
        }
        Iterator operator++(int) noexcept {
            Iterator old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
            return a.at_ == b.at_;
        }

      private:
        friend class RecordHeaders;
        Iterator(const char* at, const char* end) noexcept : at_(at), end_(end) { read(); }
        void read() noexcept;

        const char* at_ = nullptr;
        const char* next_ = nullptr;
        const char* end_ = nullptr;
        value_type header_;
    };
    using iterator = Iterator;
    using const_iterator = Iterator;

    RecordHeaders() = default;
    RecordHeaders(std::initializer_list<value_type> headers);

    /// Room for so many bytes of names and values in so many headers.
    void reserve(std::size_t headers, std::size_t bytes);
    /// Also with views into these headers. A value whose data() is null is a null value.
    void add(std::string_view name, std::string_view value);

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    /// Counts them.
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] const_iterator begin() const noexcept {
        return {bytes_.data(), bytes_.data() + bytes_.size()};
    }
    [[nodiscard]] const_iterator end() const noexcept {
        const char* const end = bytes_.data() + bytes_.size();
        return {end, end};
    }
    /// The value of the last header with this name, as Kafka's clients have it. A null value is a
    /// view whose data() is null.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    /// The block: for each header its name and its value, each behind its length (LEB128). Null
    /// values have the length zero in two bytes (80 00). Stores keep it as it is.
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    /// Nothing for bytes that are no such block.
    [[nodiscard]] static std::optional<RecordHeaders> from_bytes(std::string bytes);

    friend bool operator==(const RecordHeaders&, const RecordHeaders&) = default;

  private:
    std::string bytes_;
};

}  // namespace quipu

// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/pending_record.hpp"

#include <array>
#include <utility>

namespace quipu::kafka {
namespace {

Headers make_headers(const RecordHeaders& headers) {
    if (headers.empty()) {
        return nullptr;
    }
    Headers made(rd_kafka_headers_new(headers.size()));
    for (const auto& [name, value] : headers) {
        rd_kafka_header_add(made.get(), name.data(), static_cast<ssize_t>(name.size()),
                            value.data(), static_cast<ssize_t>(value.size()));
    }
    return made;
}

/// An estimate; librdkafka's headers take three times their bytes.
std::size_t cost_of(const PendingRecord& pending, std::size_t header_bytes) {
    return sizeof pending + pending.value.capacity() + (pending.key ? pending.key->capacity() : 0) +
           3 * header_bytes;
}

/// librdkafka's list of arguments for one record.
class Arguments {
  public:
    rd_kafka_vu_t& add(rd_kafka_vtype_t type) {
        rd_kafka_vu_t& argument = values_[count_++];
        argument.vtype = type;
        return argument;
    }
    void add(rd_kafka_vtype_t type, std::string& bytes) {
        auto& argument = add(type);
        argument.u.mem.ptr = bytes.data();
        argument.u.mem.size = bytes.size();
    }
    [[nodiscard]] const rd_kafka_vu_t* data() const noexcept { return values_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }

  private:
    std::array<rd_kafka_vu_t, 6> values_{};
    std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<PendingRecord> make_pending(LogRecord record, TopicLog::Done done) {
    auto pending = std::make_unique<PendingRecord>();
    pending->value = std::move(record.value);
    pending->null_value = record.null_value;
    pending->done = std::move(done);
    pending->key = std::move(record.key);
    pending->headers = make_headers(record.headers);
    pending->timestamp = record.timestamp;
    pending->cost = cost_of(*pending, record.headers.bytes().size());
    return pending;
}

rd_kafka_resp_err_t enqueue(rd_kafka_t* client, rd_kafka_topic_t* topic,
                            std::unique_ptr<PendingRecord>& pending) {
    Arguments arguments;
    arguments.add(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
    // librdkafka neither copies nor frees the value, so it must stay until the delivery report.
    if (!pending->null_value) {
        arguments.add(RD_KAFKA_VTYPE_VALUE, pending->value);
    }
    arguments.add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = pending.get();
    if (pending->key) {
        arguments.add(RD_KAFKA_VTYPE_KEY, *pending->key);
    }
    if (pending->headers != nullptr) {
        arguments.add(RD_KAFKA_VTYPE_HEADERS).u.headers = pending->headers.get();
    }
    if (pending->timestamp != Time{}) {
        arguments.add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 =
            std::chrono::duration_cast<std::chrono::milliseconds>(
                pending->timestamp.time_since_epoch())
                .count();
    }
    // The delivery report may arrive, and free the record, before this call returns.
    PendingRecord* const sent = pending.release();
    rd_kafka_headers_t* const headers = sent->headers.release();
    const ErrorHandle error(rd_kafka_produceva(client, arguments.data(), arguments.size()));
    if (error != nullptr) {
        pending.reset(sent);
        pending->headers.reset(headers);
        return rd_kafka_error_code(error.get());
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace quipu::kafka

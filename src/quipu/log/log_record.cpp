// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/log_record.hpp"

namespace quipu {
namespace {

class Whole final : public ReceivedRecord::Bytes {
  public:
    explicit Whole(LogRecord record) : record_(std::move(record)) {}
    const RecordHeaders& headers() override { return record_.headers; }
    [[nodiscard]] ReceivedRecord::View view() const {
        ReceivedRecord::View view;
        view.partition = std::make_shared<const LogPartition>(record_.place.partition);
        view.offset = record_.place.offset;
        view.key = record_.key;
        if (!record_.null_value) view.value = record_.value;
        view.timestamp = record_.timestamp;
        return view;
    }

  private:
    const LogRecord record_;
};

}  // namespace

ReceivedRecord::ReceivedRecord(LogRecord record) {
    auto whole = std::make_unique<Whole>(std::move(record));
    view_ = whole->view();
    bytes_ = std::move(whole);
}

LogRecord ReceivedRecord::copy() const {
    LogRecord record;
    record.place = place();
    record.key = key();
    record.headers = headers();
    record.value = value();
    record.null_value = value().data() == nullptr;
    record.timestamp = timestamp();
    return record;
}

}  // namespace quipu

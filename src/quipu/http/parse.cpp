// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/parse.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>

#include "quipu/base/text.hpp"
#include "quipu/base/url.hpp"
#include "quipu/http/request_target.hpp"

namespace quipu::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;
using Code = beast::error_code;
using Text = beast::string_view;

std::string_view view(Text text) noexcept {
    return {text.data(), text.size()};
}

// The output of the parser. Parsing stops if `on_body` returns false.
struct Parsed {
    std::string method, target;
    int version = 11;
    int status = 0;
    HttpFields headers;
    std::size_t headers_max = 0;
    bool header_done = false;
    bool chunk_header = false;     ///< set by each chunk header; the reader resets it
    std::uint64_t chunk_left = 0;  ///< bytes of the current chunk still to come
    std::function<bool(std::string_view)> on_body;
};

template <bool is_request>
class Parser final : public beast::http::basic_parser<is_request> {
  public:
    Parser(Parsed& out, const ParseLimits& limits) : out_(out) {
        // The reader counts header bytes itself: the parser counts those of the last piece only.
        this->header_limit(std::numeric_limits<std::uint32_t>::max());
        this->body_limit(limits.body_bytes);
    }

  private:
    void on_request_impl(beast::http::verb, Text method, Text target, int version, Code&) override {
        out_.method = view(method);
        out_.target = view(target);
        out_.version = version;
    }
    void on_response_impl(int code, Text, int version, Code&) override {
        out_.status = code;
        out_.version = version;
    }
    void on_field_impl(beast::http::field, Text name, Text value, Code& ec) override {
        if (out_.header_done) return;
        if (out_.headers.size() == out_.headers_max) {
            ec = error::header_limit;
            return;
        }
        if (view(value).contains('\0')) {
            ec = error::bad_value;
            return;
        }
        out_.headers.emplace_back(view(name), view(value));
    }
    void on_header_impl(Code&) override { out_.header_done = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    std::size_t on_body_impl(Text body, Code& ec) override { return take(body, ec); }
    void on_chunk_header_impl(std::uint64_t size, Text, Code&) override {
        out_.chunk_header = true;
        out_.chunk_left = size;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code& ec) override {
        out_.chunk_left -= body.size();
        return take(body, ec);
    }
    void on_finish_impl(Code&) override {}

    std::size_t take(Text body, Code& ec) {
        if (!out_.on_body(view(body))) ec = error::end_of_stream;
        return body.size();
    }

    Parsed& out_;
};

// Between two chunks at least "0\r\n\r\n" is still to come. The parser asserts that it gets at
// least that many bytes, so they are collected before it is called.
constexpr std::size_t chunk_end_bytes = 5;

// Feeds a parser step by step, so that every kind of overhead can be limited.
template <bool is_request>
class Driver {
  public:
    Driver(Parsed& out, const ParseLimits& limits) : out_(out), limits_(limits) { restart(); }

    void restart() {
        auto on_body = std::move(out_.on_body);
        out_ = Parsed{};
        out_.headers_max = limits_.headers;
        out_.on_body = std::move(on_body);
        parser_.emplace(out_, limits_);
        header_bytes_ = 0;
    }

    // An error code; none if the message is complete or more bytes are needed.
    Code run(std::string& pending) {
        std::size_t used = 0;
        Code ec;
        while (!ec && used < pending.size() && !parser_->is_done()) {
            used += step({pending.data() + used, pending.size() - used}, ec);
        }
        pending.erase(0, used);
        return ec == error::need_more ? Code{} : ec;
    }

    Parser<is_request>& parser() noexcept { return *parser_; }

  private:
    std::size_t step(std::string_view bytes, Code& ec) {
        const bool in_header = !parser_->is_header_done();
        if (!in_header && parser_->chunked() && out_.chunk_left == 0 &&
            bytes.size() < chunk_end_bytes) {
            ec = error::need_more;
            return 0;
        }
        out_.chunk_header = false;
        const auto used = parser_->put({bytes.data(), bytes.size()}, ec);
        const bool waiting = ec == error::need_more;
        if (in_header) {
            header_bytes_ += used;
            const auto rest = waiting ? bytes.size() - used : 0;
            if (header_bytes_ + rest > limits_.header_bytes && (!ec || waiting)) {
                ec = error::header_limit;
            }
        } else {
            std::size_t header = waiting ? bytes.size() : 0;
            if (out_.chunk_header) header = used;
            if (header > limits_.header_bytes) ec = error::header_limit;
        }
        return used;
    }

    Parsed& out_;
    ParseLimits limits_;
    std::optional<Parser<is_request>> parser_;
    std::size_t header_bytes_ = 0;
};

ParseFailure describe(const Code& ec) {
    if (ec == error::header_limit) return {431, "the request's headers are too large"};
    if (ec == error::body_limit) return {413, "the request's body is too large"};
    if (ec == error::bad_version) {
        return {400, "the request is malformed, or its version is not HTTP/1.0 or HTTP/1.1"};
    }
    return {400, "the request is malformed: " + ec.message()};
}

}  // namespace

struct RequestReader::Impl {
    explicit Impl(const ParseLimits& bounds) : limits(bounds), driver(parsed, bounds) { reset(); }

    void reset() {
        driver.restart();
        request = {};
        authority.clear();
        expects_continue = continue_taken = false;
        parsed.on_body = [this](std::string_view body) {
            request.body += body;
            return true;
        };
    }

    ParseState run() {
        const bool had_header = parsed.header_done;
        const auto ec = driver.run(pending);
        if (ec) return fail_with(describe(ec));
        if (!had_header && parsed.header_done && !accept_header()) return ParseState::failed;
        if (!driver.parser().is_done()) return ParseState::need_more;
        request.headers = std::move(parsed.headers);
        return ParseState::done;
    }

    ParseState fail_with(ParseFailure why) {
        failure = std::move(why);
        return ParseState::failed;
    }

    // Checks what the parser does not check, and splits the target.
    bool accept_header() {
        if (auto why = check_header()) {
            failure = std::move(*why);
            return false;
        }
        request.method = std::move(parsed.method);
        request.target = std::move(parsed.target);
        const auto target = split_target(request.target);
        if (!target) return refuse(400, target.error().message);
        auto query = parse_query(target->query, limits.query_params);
        if (!query) return refuse(400, query.error().message);
        request.path = target->path;
        request.query = std::move(*query);
        if (target->authority) authority = *target->authority;
        return true;
    }

    bool refuse(int status, std::string detail) {
        failure = {status, std::move(detail)};
        return false;
    }

    std::optional<ParseFailure> check_header() {
        std::size_t hosts = 0;
        for (const auto& [name, value] : parsed.headers) {
            if (equal_ignoring_case(name, "Host")) {
                ++hosts;
                authority = value;
            } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
                if (parsed.version == 10) {
                    return ParseFailure{400, "HTTP/1.0 has no chunked transfer encoding"};
                }
                if (!equal_ignoring_case(value, "chunked")) {
                    return ParseFailure{501, "the only supported transfer encoding is chunked"};
                }
            } else if (equal_ignoring_case(name, "Expect")) {
                if (!equal_ignoring_case(value, "100-continue")) {
                    return ParseFailure{417, "the only supported expectation is 100-continue"};
                }
                expects_continue = parsed.version == 11;
            }
        }
        if (hosts > 1) return ParseFailure{400, "the request has more than one Host header"};
        if (hosts == 0 && parsed.version == 11) {
            return ParseFailure{400, "the request has no Host header"};
        }
        return std::nullopt;
    }

    ParseLimits limits;
    Parsed parsed;
    Driver<true> driver;
    std::string pending;
    HttpRequest request;
    std::string authority;
    ParseFailure failure;
    bool expects_continue = false;
    bool continue_taken = false;
};

RequestReader::RequestReader(const ParseLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

ParseState RequestReader::feed(std::string_view bytes) {
    impl_->pending += bytes;
    return impl_->run();
}

ParseState RequestReader::next() {
    impl_->reset();
    return impl_->run();
}

HttpRequest& RequestReader::request() noexcept {
    return impl_->request;
}
const std::string& RequestReader::authority() const noexcept {
    return impl_->authority;
}
bool RequestReader::keep_alive() const noexcept {
    return !http_1_0() && impl_->driver.parser().keep_alive();
}
bool RequestReader::http_1_0() const noexcept {
    return impl_->parsed.version == 10;
}
const ParseFailure& RequestReader::failure() const noexcept {
    return impl_->failure;
}

bool RequestReader::started() const noexcept {
    return !impl_->pending.empty() || impl_->driver.parser().got_some();
}

bool RequestReader::take_expects_continue() noexcept {
    const bool wanted = impl_->expects_continue && !impl_->continue_taken &&
                        !impl_->driver.parser().is_done() && impl_->request.body.empty();
    impl_->continue_taken = impl_->continue_taken || wanted;
    return wanted;
}

std::expected<HttpRequest, ParseFailure> parse_request(std::string_view bytes,
                                                       const ParseLimits& limits) {
    RequestReader reader(limits);
    switch (reader.feed(bytes)) {
        case ParseState::done: return std::move(reader.request());
        case ParseState::failed: return std::unexpected(reader.failure());
        case ParseState::need_more: break;
    }
    return std::unexpected(ParseFailure{400, "the request is not complete"});
}

struct ResponseReader::Impl {
    Impl(const ParseLimits& bounds, bool head_request, OnBody on_body)
        : driver(parsed, bounds), head(head_request) {
        parsed.on_body = std::move(on_body);
        restart();
    }

    void restart() {
        driver.restart();
        driver.parser().skip(head);
    }

    State run() {
        while (true) {
            const auto ec = driver.run(pending);
            if (ec == error::end_of_stream) return State::stopped;
            if (ec == error::body_limit || ec == error::header_limit) return State::too_large;
            if (ec) return State::malformed;
            if (!driver.parser().is_done()) return State::need_more;
            if (parsed.status / 100 != 1) return State::done;
            restart();
        }
    }

    Parsed parsed;
    Driver<false> driver;
    std::string pending;
    bool head;
};

ResponseReader::ResponseReader(const ParseLimits& limits, bool head_request, OnBody on_body)
    : impl_(std::make_unique<Impl>(limits, head_request, std::move(on_body))) {}
ResponseReader::~ResponseReader() = default;

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
    impl_->pending += bytes;
    return impl_->run();
}

ResponseReader::State ResponseReader::end() {
    if (!header_done()) return State::malformed;
    Code ec;
    impl_->driver.parser().put_eof(ec);
    return ec ? State::malformed : State::done;
}

bool ResponseReader::header_done() const noexcept {
    return impl_->parsed.header_done && impl_->parsed.status / 100 != 1;
}
int ResponseReader::status() const noexcept {
    return impl_->parsed.status;
}
HttpFields& ResponseReader::headers() noexcept {
    return impl_->parsed.headers;
}

}  // namespace quipu::http

// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/errors.hpp"

#include <fmt/core.h>

namespace quipu::kafka {
namespace {

/// The prefix that librdkafka adds to the message of a failed token callback.
constexpr std::string_view no_token = "Failed to acquire SASL OAUTHBEARER token: ";

struct Reason {
    std::string_view address;  ///< "host:port"; empty if the text has none
    std::string_view text;
};

/// Splits "sasl_ssl://host:9093/bootstrap: TEXT (after 3ms in state CONNECT)".
Reason take_apart(std::string_view reason) {
    if (const auto after = reason.rfind(" (after "); after != std::string_view::npos) {
        reason = reason.substr(0, after);
    }
    const auto end = reason.find(": ");
    const auto slash = end == std::string_view::npos ? end : reason.substr(0, end).rfind('/');
    if (slash == std::string_view::npos) {
        return {{}, reason};
    }
    std::string_view address = reason.substr(0, slash);
    if (const auto scheme = address.find("://"); scheme != std::string_view::npos) {
        address = address.substr(scheme + 3);
    }
    return {address, reason.substr(end + 2)};
}

std::string_view advice(Trouble trouble, rd_kafka_resp_err_t code, std::string_view text) {
    if (text.contains("security.protocol")) {
        return "does the broker speak TLS there? see the property security.protocol";
    }
    switch (trouble) {
        case Trouble::credentials:
            return text.contains("handshake") || text.contains("nsupported")
                       ? "set the property sasl.mechanism to one that the broker knows"
                       : "check the properties sasl.username, sasl.password and sasl.mechanism";
        case Trouble::tls:
            return text.contains("verif") || text.contains("certificate")
                       ? "set ssl.ca.location to the authority that signed the broker's certificate"
                       : "does the broker speak TLS there? see the property security.protocol";
        case Trouble::unreachable:
            return code == RD_KAFKA_RESP_ERR__RESOLVE
                       ? "check the host name in the list of brokers"
                       : "is a broker running there, and is the address right?";
        case Trouble::none: break;
    }
    return {};
}

Trouble trouble_of(rd_kafka_resp_err_t code, std::string_view text) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
        case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE: return Trouble::credentials;
        case RD_KAFKA_RESP_ERR__SSL: return Trouble::tls;
        case RD_KAFKA_RESP_ERR__TRANSPORT:
            // A TLS listener closes a plain-text connection, and the other way round.
            return text.contains("security.protocol") ? Trouble::tls : Trouble::unreachable;
        case RD_KAFKA_RESP_ERR__RESOLVE:
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        case RD_KAFKA_RESP_ERR__TIMED_OUT: return Trouble::unreachable;
        default: return text.contains("SASL") ? Trouble::credentials : Trouble::none;
    }
}

std::string_view headline(Trouble trouble) {
    switch (trouble) {
        case Trouble::unreachable: return "does not answer";
        case Trouble::credentials: return "rejects the login";
        case Trouble::tls: return "cannot be connected to securely";
        case Trouble::none: break;
    }
    return "reports";
}

/// Whether all brokers are fenced: while a broker starts, or after it has been silent for a while,
/// it gets no replicas. Kafka reports that with the code for too few brokers (StripedReplicaPlacer
/// of 3.9).
bool is_fenced(rd_kafka_resp_err_t code, std::string_view text) {
    return code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR && text.contains("fenced");
}

ErrorCode code_of(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return ErrorCode::not_found;
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return ErrorCode::limit;
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return ErrorCode::conflict;
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
        case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
        case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        case RD_KAFKA_RESP_ERR__INVALID_ARG: return ErrorCode::invalid;
        default: return ErrorCode::unavailable;
    }
}

std::string_view advice_for_call(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            return "; the broker's access rules must allow it to this user";
        case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR: return "; are there so many brokers?";
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            return "; two processes use the same member name";
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return "; create the topic first";
        default: return {};
    }
}

}  // namespace

std::string describe(rd_kafka_resp_err_t code) {
    std::string_view text = rd_kafka_err2str(code);
    for (const std::string_view prefix : {"Broker: ", "Local: "}) {
        if (text.starts_with(prefix)) {
            text.remove_prefix(prefix.size());
        }
    }
    return std::string(text);
}

Explanation explain(rd_kafka_resp_err_t code, std::string_view reason) {
    const auto [address, text] = take_apart(reason);
    if (text.starts_with(no_token)) {
        return {Trouble::credentials,
                {ErrorCode::unavailable,
                 fmt::format("no token to log in to Kafka with: {}; it is tried again every ten "
                             "seconds",
                             text.substr(no_token.size()))}};
    }
    const Trouble trouble = trouble_of(code, text);
    const bool lasts = trouble == Trouble::credentials || trouble == Trouble::tls;
    std::string message = fmt::format("{} {}: {}", address.empty() ? "Kafka" : address,
                                      headline(trouble), text.empty() ? describe(code) : text);
    if (const auto hint = advice(trouble, code, text); !hint.empty()) {
        message += fmt::format("; {}", hint);
    }
    return {trouble, {lasts ? ErrorCode::invalid : ErrorCode::unavailable, std::move(message)}};
}

Error produce_error(rd_kafka_resp_err_t code, std::string_view event_type, std::string_view topic) {
    // A topic that the user may not write to is treated like a missing one: both can be corrected
    // later, and then the record can be sent.
    const bool denied = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                        code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    if (denied) {
        return {ErrorCode::not_found,
                fmt::format("{}: topic {} may not be written to: {}{}", event_type, topic,
                            describe(code), advice_for_call(code))};
    }
    const ErrorCode kind = code_of(code);
    switch (kind) {
        case ErrorCode::limit:
            return {kind,
                    fmt::format("{}: the record is too large for topic {}; the limits are the "
                                "property message.max.bytes here and max.message.bytes of "
                                "the topic",
                                event_type, topic)};
        case ErrorCode::not_found:
            return {kind,
                    fmt::format("{}: there is no topic {}; create it first", event_type, topic)};
        case ErrorCode::invalid:
            return {kind, fmt::format("{}: topic {} rejects the record: {}{}", event_type, topic,
                                      describe(code), advice_for_call(code))};
        default: break;
    }
    if (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        return {kind, fmt::format("{}: abandoned before topic {} had acknowledged it", event_type,
                                  topic)};
    }
    return {kind,
            fmt::format("{}: not acknowledged by topic {}: {}", event_type, topic, describe(code))};
}

bool is_not_found(rd_kafka_resp_err_t code) {
    return code_of(code) == ErrorCode::not_found;
}

bool rejects_batch(rd_kafka_resp_err_t code) {
    return code_of(code) == ErrorCode::limit || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP || code == RD_KAFKA_RESP_ERR_INVALID_MSG;
}

Error call_error(rd_kafka_resp_err_t code, std::string_view what, std::string_view reason) {
    const bool fenced = is_fenced(code, reason);
    std::string text = reason.empty() ? describe(code) : std::string(reason);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return {fenced ? ErrorCode::unavailable : code_of(code),
            fmt::format("{}: {}{}", what, text,
                        fenced ? "; the brokers may have just started: try again in a moment"
                               : advice_for_call(code))};
}

}  // namespace quipu::kafka

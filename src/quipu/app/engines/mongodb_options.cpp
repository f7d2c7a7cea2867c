// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/mongodb_options.hpp"

#include <algorithm>
#include <vector>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/engines/engine_urls.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

namespace {

// The options of MongoDB's URI options specification that libmongoc 1.23 supports.
const std::vector<std::string_view>& known_options() {
    static const std::vector<std::string_view> names{
        "appname",
        "authMechanism",
        "authMechanismProperties",
        "authSource",
        "canonicalizeHostname",
        "compressors",
        "connectTimeoutMS",
        "directConnection",
        "gssapiServiceName",
        "heartbeatFrequencyMS",
        "journal",
        "loadBalanced",
        "localThresholdMS",
        "maxIdleTimeMS",
        "maxPoolSize",
        "maxStalenessSeconds",
        "minPoolSize",
        "readConcernLevel",
        "readPreference",
        "readPreferenceTags",
        "replicaSet",
        "retryReads",
        "retryWrites",
        "safe",
        "serverSelectionTimeoutMS",
        "serverSelectionTryOnce",
        "slaveOk",
        "socketCheckIntervalMS",
        "socketTimeoutMS",
        "srvMaxHosts",
        "srvServiceName",
        "ssl",
        "tls",
        "tlsAllowInvalidCertificates",
        "tlsAllowInvalidHostnames",
        "tlsCAFile",
        "tlsCertificateKeyFile",
        "tlsCertificateKeyFilePassword",
        "tlsDisableCertificateRevocationCheck",
        "tlsDisableOCSPEndpointCheck",
        "tlsInsecure",
        "w",
        "waitQueueMultiple",
        "waitQueueTimeoutMS",
        "wTimeoutMS",
        "zlibCompressionLevel",
    };
    return names;
}

bool is_known(std::string_view name) {
    return std::ranges::any_of(known_options(), [name](std::string_view known) {
        return equal_ignoring_case(known, name);
    });
}

}  // namespace

std::expected<void, std::string> check_mongodb_options(std::string_view query) {
    while (!query.empty()) {
        const std::string_view piece = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(piece.size() + 1, query.size()));
        if (piece.empty()) continue;
        const std::string_view name = piece.substr(0, piece.find('='));
        if (is_known(name)) continue;
        return std::unexpected("a MongoDB URL has no option '" + printable(name.substr(0, 60)) +
                               "'; the nearest is " +
                               std::string(nearest_name(name, known_options())));
    }
    return {};
}

}  // namespace quipu

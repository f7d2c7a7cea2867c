// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/secret_names.hpp"

#include <gtest/gtest.h>

#include "quipu/log/kafka/properties.hpp"

namespace quipu {
namespace {

TEST(SecretNames, AreRecognisedByTheirWords) {
    for (const char* name :
         {"mongodb-password", "tlsCertificateKeyFilePassword", "authMechanismProperties",
          "sasl.jaas.config", "sasl.oauthbearer.extensions", "SASL.JAAS.CONFIG"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
    }
    for (const char* name :
         {"sasl.username", "ssl.ca.location", "ssl.key.location", "ssl.certificate.pem",
          "linger.ms", "sasl.oauthbearer.token.endpoint.url", "authSource"}) {
        EXPECT_FALSE(is_secret_name(name)) << name;
    }
}

TEST(SecretNames, IncludeAllSecretsOfLibrdkafka) {
    for (const char* name :
         {"sasl.password", "ssl.key.password", "ssl.keystore.password",
          "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "ssl.key.pem"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
        EXPECT_TRUE(kafka::property_sides(name)) << name;
    }
}

}  // namespace
}  // namespace quipu

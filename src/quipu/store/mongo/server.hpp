// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mongoc/mongoc.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/mongo/bson.hpp"
#include "quipu/store/mongo/mongo_store.hpp"

namespace quipu::mongo {

/// A call of the server that failed. Thrown inside this room only; the store's functions turn it
/// into an Error.
class ServerError : public std::exception {
  public:
    enum class Kind {
        unreachable,  ///< no answer, or none that says what became of the call
        access,       ///< the server refuses the credentials, or the rights are not enough
        timeout,      ///< maxTimeMS has passed
        rejected,     ///< the server understood the call and did nothing, as it would again
    };
    ServerError(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    [[nodiscard]] Error error() const;

  private:
    Kind kind_;
    std::string message_;
};

/// Data that does not read back as it was written. Thrown and turned into an Error as ServerError
/// is.
class CorruptDocument : public std::exception {
  public:
    explicit CorruptDocument(Error error) : error_(std::move(error)) {}
    [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }
    [[nodiscard]] const Error& error() const noexcept { return error_; }

  private:
    Error error_;
};

/// A replacement of the document with `id`, made only where the stored one is of an older commit.
struct Replacement {
    std::string filter;
    std::string document;  ///< whole, or operators when `update` is set
    bool update = false;
};

/// One database on a server, and connections to it. Thread-safe.
class Server {
  public:
    /// Takes the parts of the URI apart, connects to nothing. Errors: invalid.
    [[nodiscard]] static Result<std::unique_ptr<Server>> make(const MongoOptions& options);

    /// Hosts and database, without credentials.
    [[nodiscard]] const std::string& location() const noexcept { return location_; }
    [[nodiscard]] const std::string& database() const noexcept { return database_; }

    // All functions below throw ServerError.

    /// Asks the server what it is; before any other call.
    void greet();
    /// Name and version of the server's program.
    [[nodiscard]] const std::string& engine() const noexcept { return engine_; }

    /// The reply to a command on the database.
    [[nodiscard]] std::string command(std::string_view command);
    /// Visits the documents that match until `visit` returns false. `options` as in
    /// mongoc_collection_find_with_opts.
    void find(const char* collection, std::string_view filter, std::string_view options,
              const std::function<bool(View)>& visit);
    /// The first match; empty when there is none.
    [[nodiscard]] std::string find_one(const char* collection, std::string_view filter,
                                       std::string_view options = {});
    [[nodiscard]] std::int64_t count(const char* collection, std::string_view filter);
    /// Inserts all that can be inserted; returns the indexes of those whose key exists.
    [[nodiscard]] std::vector<std::size_t> insert(const char* collection,
                                                  const std::vector<std::string_view>& documents);
    /// Replaces those that match, inserts the others; returns the indexes of those that did not
    /// match and whose key exists.
    [[nodiscard]] std::vector<std::size_t> upsert(const char* collection,
                                                  const std::vector<Replacement>& replacements);
    /// Returns how many documents matched.
    std::int64_t replace(const char* collection, const std::vector<Replacement>& replacements);
    std::int64_t erase(const char* collection, std::string_view filter);

  private:
    struct Free {
        void operator()(mongoc_client_pool_t* pool) const noexcept {
            mongoc_client_pool_destroy(pool);
        }
        void operator()(mongoc_uri_t* uri) const noexcept { mongoc_uri_destroy(uri); }
    };
    class Lease;
    Server() = default;
    [[nodiscard]] ServerError to_error(const bson_error_t& error) const;
    /// The indexes in the reply to a bulk write that failed for existing keys alone.
    [[nodiscard]] std::vector<std::size_t> existing_keys(View reply,
                                                         const bson_error_t& error) const;

    std::unique_ptr<mongoc_uri_t, Free> uri_;
    std::unique_ptr<mongoc_client_pool_t, Free> pool_;
    std::string location_;
    std::string database_;
    std::string engine_ = "mongodb";
};

}  // namespace quipu::mongo

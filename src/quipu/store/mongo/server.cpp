// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <utility>

namespace quipu::mongo {
namespace {

constexpr std::int32_t duplicate_key = 11000;

/// The server understood the request, refuses it whenever it comes, and did nothing.
bool rejected(std::uint32_t code) {
    constexpr std::array<std::uint32_t, 12> codes{2,  9,  14, 22,  52,    53,
                                                  57, 73, 96, 121, 10334, 17280};
    return std::ranges::find(codes, code) != codes.end();
}

struct Reply {
    bson_t value = BSON_INITIALIZER;
    Reply() = default;
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() { bson_destroy(&value); }
};

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        // The library's own lines could name documents; the store reports by itself.
        mongoc_log_set_handler(nullptr, nullptr);
        mongoc_init();
    });
}

using Bulk = std::unique_ptr<mongoc_bulk_operation_t, decltype(&mongoc_bulk_operation_destroy)>;

struct Collection {
    Collection(mongoc_client_t* client, const std::string& database, const char* name)
        : value(mongoc_client_get_collection(client, database.c_str(), name)) {}
    Collection(const Collection&) = delete;
    Collection& operator=(const Collection&) = delete;
    ~Collection() { mongoc_collection_destroy(value); }
    mongoc_collection_t* value;
};

Bulk unordered_bulk(const Collection& collection) {
    const std::string options = bson([](BsonWriter& writer) { writer.boolean("ordered", false); });
    const bson_t with = as_bson(options);
    return {mongoc_collection_create_bulk_operation_with_opts(collection.value, &with),
            &mongoc_bulk_operation_destroy};
}

/// Whether all were added to the operation.
bool add_replacements(mongoc_bulk_operation_t* bulk, const std::vector<Replacement>& replacements,
                      bool upsert, bson_error_t& error) {
    const std::string options = bson([&](BsonWriter& writer) { writer.boolean("upsert", upsert); });
    const bson_t with = as_bson(options);
    return std::ranges::all_of(replacements, [&](const Replacement& each) {
        const bson_t filter = as_bson(each.filter);
        const bson_t document = as_bson(each.document);
        return each.update ? mongoc_bulk_operation_update_one_with_opts(bulk, &filter, &document,
                                                                        &with, &error)
                           : mongoc_bulk_operation_replace_one_with_opts(bulk, &filter, &document,
                                                                         &with, &error);
    });
}

std::string hosts(const mongoc_uri_t* uri) {
    std::string out;
    if (const char* service = mongoc_uri_get_srv_hostname(uri)) {
        return service;
    }
    for (const auto* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next) {
        out += (out.empty() ? "" : ",") + std::string(host->host_and_port);
    }
    return out;
}

/// What is promised of a commit and of a read allows one value of these options. Which of them the
/// URI contradicts, and why that cannot be; empty when none.
std::string contradiction(const mongoc_uri_t* uri) {
    const mongoc_write_concern_t* write = mongoc_uri_get_write_concern(uri);
    const std::int32_t copies = mongoc_write_concern_get_w(write);
    if (copies != MONGOC_WRITE_CONCERN_W_DEFAULT && copies != MONGOC_WRITE_CONCERN_W_MAJORITY) {
        return "w: an event counts as stored when the majority of servers has it; leave it out, or "
               "write w=majority";
    }
    if (mongoc_write_concern_journal_is_set(write) && !mongoc_write_concern_get_journal(write)) {
        return "journal: an event counts as stored when it is in the journal; leave it out, or "
               "write journal=true";
    }
    const char* level = mongoc_read_concern_get_level(mongoc_uri_get_read_concern(uri));
    if (level != nullptr && std::string_view(level) != MONGOC_READ_CONCERN_LEVEL_MAJORITY) {
        return "readConcernLevel: what was read must not be taken back by a change of the primary; "
               "leave it out, or write readConcernLevel=majority";
    }
    if (mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri)) != MONGOC_READ_PRIMARY) {
        return "readPreference: a secondary may not have yet what was committed last; leave it "
               "out, or write readPreference=primary";
    }
    return {};
}

}  // namespace

Error ServerError::error() const {
    switch (kind_) {
        case Kind::timeout:
            return {ErrorCode::limit,
                    "the search took longer than allowed; narrow it by type, "
                    "aggregate, an indexed field or time"};
        case Kind::rejected: return {ErrorCode::internal, message_};
        case Kind::unreachable:
        case Kind::access: break;
    }
    return {ErrorCode::unavailable, message_};
}

class Server::Lease {
  public:
    explicit Lease(Server& server)
        : pool_(server.pool_.get()), client_(mongoc_client_pool_pop(pool_)) {}
    ~Lease() { mongoc_client_pool_push(pool_, client_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] mongoc_client_t* get() const noexcept { return client_; }

  private:
    mongoc_client_pool_t* pool_;
    mongoc_client_t* client_;
};

Result<std::unique_ptr<Server>> Server::make(const MongoOptions& options) {
    start_library();
    bson_error_t error{};
    std::unique_ptr<Server> server(new Server);
    server->uri_.reset(mongoc_uri_new_with_error(options.uri.c_str(), &error));
    if (!server->uri_) {
        return fail(ErrorCode::invalid,
                    "the URI of the MongoDB server is not valid: write it as "
                    "mongodb://[user:password@]host[:port]/[database][?options], "
                    "with special characters of the password as %XX");
    }
    mongoc_uri_t* uri = server->uri_.get();
    if (const std::string option = contradiction(uri); !option.empty()) {
        return fail(ErrorCode::invalid, "the MongoDB URI may not set option " + option);
    }
    const char* named = mongoc_uri_get_database(uri);
    server->database_ = named != nullptr && *named != '\0' ? named : options.database;
    server->location_ = "mongodb://" + hosts(uri) + "/" + server->database_;
    const auto wait = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(options.server_wait.count(), 1, 600'000));
    const auto answer =
        static_cast<std::int32_t>(std::min<std::int64_t>(options.query_time.count(), 600'000));
    if (!mongoc_uri_has_option(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS)) {
        mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, wait);
    }
    if (!mongoc_uri_has_option(uri, MONGOC_URI_CONNECTTIMEOUTMS)) {
        mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, wait);
    }
    if (!mongoc_uri_has_option(uri, MONGOC_URI_SOCKETTIMEOUTMS)) {
        // A server that takes a request and never answers counts as away, after the longest that
        // it may take.
        mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, wait + answer);
    }
    if (!mongoc_uri_has_option(uri, MONGOC_URI_APPNAME)) {
        mongoc_uri_set_option_as_utf8(uri, MONGOC_URI_APPNAME, "quipu");
    }
    // What was read must not be taken back by a change of the primary.
    mongoc_read_concern_t* read = mongoc_read_concern_new();
    mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_MAJORITY);
    mongoc_uri_set_read_concern(uri, read);
    mongoc_read_concern_destroy(read);
    mongoc_write_concern_t* write = mongoc_write_concern_new();
    mongoc_write_concern_set_w(write, MONGOC_WRITE_CONCERN_W_MAJORITY);
    // A server may acknowledge a majority's write before its journal has it
    // (writeConcernMajorityJournalDefault). If it then dies, what this process has put into the
    // collections is gone, while this process goes on as if it were there.
    mongoc_write_concern_set_journal(write, true);
    mongoc_write_concern_set_wtimeout_int64(
        write, mongoc_uri_get_option_as_int64(uri, MONGOC_URI_WTIMEOUTMS, wait));
    mongoc_uri_set_write_concern(uri, write);
    mongoc_write_concern_destroy(write);
    mongoc_read_prefs_t* primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_uri_set_read_prefs_t(uri, primary);
    mongoc_read_prefs_destroy(primary);
    server->pool_.reset(mongoc_client_pool_new_with_error(uri, &error));
    if (!server->pool_) {
        return fail(ErrorCode::invalid, "the options of the MongoDB URI for " + server->location_ +
                                            " do not fit together: " + error.message);
    }
    mongoc_client_pool_set_error_api(server->pool_.get(), MONGOC_ERROR_API_VERSION_2);
    return server;
}

ServerError Server::to_error(const bson_error_t& error) const {
    using Kind = ServerError::Kind;
    const std::string text = location_ + ": " + static_cast<const char*>(error.message);
    const bool credentials =
        error.domain == MONGOC_ERROR_SCRAM || error.domain == MONGOC_ERROR_SASL ||
        (error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
        (error.domain == MONGOC_ERROR_SERVER && error.code == 18);
    if (credentials) {
        return {Kind::access, location_ +
                                  " refuses the user name or the password of the URI; correct "
                                  "them, or authSource"};
    }
    if (error.domain == MONGOC_ERROR_SERVER) {
        if (error.code == 13) {
            return {Kind::access, location_ +
                                      " does not let this user do what the store needs; give it "
                                      "the role readWrite on the database"};
        }
        if (error.code == MONGOC_ERROR_MAX_TIME_MS_EXPIRED) {
            return {Kind::timeout, text};
        }
        return {rejected(error.code) ? Kind::rejected : Kind::unreachable, text};
    }
    if (error.domain == MONGOC_ERROR_BSON || error.domain == MONGOC_ERROR_COMMAND) {
        return {Kind::rejected, text};
    }
    return {Kind::unreachable,
            "no MongoDB server answers at " + text + "; start it, or correct the address"};
}

void Server::greet() {
    const std::string build =
        command(bson([](BsonWriter& writer) { writer.int32("buildInfo", 1); }));
    engine_ = "mongodb " + View(build).string("version");
}

std::string Server::command(std::string_view command) {
    const Lease client(*this);
    const bson_t request = as_bson(command);
    Reply reply;
    bson_error_t error{};
    bson_destroy(&reply.value);
    if (!mongoc_client_command_simple(client.get(), database_.c_str(), &request, nullptr,
                                      &reply.value, &error)) {
        throw to_error(error);
    }
    return std::string(View(reply.value).bytes());
}

void Server::find(const char* collection, std::string_view filter, std::string_view options,
                  const std::function<bool(View)>& visit) {
    const Lease client(*this);
    const Collection from(client.get(), database_, collection);
    const bson_t matches = as_bson(filter);
    bson_t with = BSON_INITIALIZER;
    if (!options.empty()) {
        with = as_bson(options);
    }
    const std::unique_ptr<mongoc_cursor_t, decltype(&mongoc_cursor_destroy)> cursor(
        mongoc_collection_find_with_opts(from.value, &matches, &with, nullptr),
        &mongoc_cursor_destroy);
    const bson_t* found = nullptr;
    while (mongoc_cursor_next(cursor.get(), &found)) {
        if (!visit(View(*found))) {
            return;
        }
    }
    bson_error_t error{};
    if (mongoc_cursor_error(cursor.get(), &error)) {
        throw to_error(error);
    }
}

std::string Server::find_one(const char* collection, std::string_view filter,
                             std::string_view options) {
    std::string found;
    const std::string one = bson([](BsonWriter& writer) {
        writer.int64("limit", 1);
        writer.boolean("singleBatch", true);
    });
    find(collection, filter, options.empty() ? std::string_view(one) : options, [&](View view) {
        found = view.bytes();
        return false;
    });
    return found;
}

std::int64_t Server::count(const char* collection, std::string_view filter) {
    const std::string reply = command(bson([&](BsonWriter& writer) {
        writer.text("count", collection);
        writer.document("query", filter);
    }));
    return View(reply).integer("n");
}

std::vector<std::size_t> Server::insert(const char* collection,
                                        const std::vector<std::string_view>& documents) {
    if (documents.empty()) {
        return {};
    }
    const Lease client(*this);
    const Collection into(client.get(), database_, collection);
    const Bulk bulk = unordered_bulk(into);
    Reply reply;
    bson_destroy(&reply.value);
    bson_error_t error{};
    for (const auto& document : documents) {
        const bson_t value = as_bson(document);
        if (!mongoc_bulk_operation_insert_with_opts(bulk.get(), &value, nullptr, &error)) {
            throw to_error(error);
        }
    }
    if (mongoc_bulk_operation_execute(bulk.get(), &reply.value, &error) != 0) {
        return {};
    }
    return existing_keys(View(reply.value), error);
}

std::vector<std::size_t> Server::existing_keys(View reply, const bson_error_t& error) const {
    std::vector<std::size_t> existing;
    bool only_duplicates = View(reply).document("writeConcernErrors").bytes().size() <= 5;
    reply.each("writeErrors", [&](View each) {
        only_duplicates = only_duplicates && each.integer("code") == duplicate_key;
        existing.push_back(static_cast<std::size_t>(each.integer("index")));
    });
    if (!only_duplicates || existing.empty()) {
        throw to_error(error);
    }
    return existing;
}

std::vector<std::size_t> Server::upsert(const char* collection,
                                        const std::vector<Replacement>& replacements) {
    if (replacements.empty()) {
        return {};
    }
    const Lease client(*this);
    const Collection in(client.get(), database_, collection);
    const Bulk bulk = unordered_bulk(in);
    bson_error_t error{};
    if (!add_replacements(bulk.get(), replacements, true, error)) {
        throw to_error(error);
    }
    Reply reply;
    bson_destroy(&reply.value);
    if (mongoc_bulk_operation_execute(bulk.get(), &reply.value, &error) != 0) {
        return {};
    }
    return existing_keys(View(reply.value), error);
}

std::int64_t Server::replace(const char* collection, const std::vector<Replacement>& replacements) {
    if (replacements.empty()) {
        return 0;
    }
    const Lease client(*this);
    const Collection in(client.get(), database_, collection);
    const Bulk bulk = unordered_bulk(in);
    bson_error_t error{};
    if (!add_replacements(bulk.get(), replacements, false, error)) {
        throw to_error(error);
    }
    Reply reply;
    bson_destroy(&reply.value);
    if (mongoc_bulk_operation_execute(bulk.get(), &reply.value, &error) == 0) {
        throw to_error(error);
    }
    return View(reply.value).integer("nMatched");
}

std::int64_t Server::erase(const char* collection, std::string_view filter) {
    const Lease client(*this);
    const Collection from(client.get(), database_, collection);
    const bson_t matches = as_bson(filter);
    Reply reply;
    bson_destroy(&reply.value);
    bson_error_t error{};
    if (!mongoc_collection_delete_many(from.value, &matches, nullptr, &reply.value, &error)) {
        throw to_error(error);
    }
    return View(reply.value).integer("deletedCount");
}

}  // namespace quipu::mongo

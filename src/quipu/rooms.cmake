# SPDX-License-Identifier: Apache-2.0
# The floors of the library, lowest first; docs/architecture.md says what each room holds.
quipu_room(base USES DEFLATE)
quipu_room(event KNOWS base)
quipu_room(codec KNOWS event base USES SIMDJSON)
quipu_room(store KNOWS event base USES SIMDJSON)
quipu_room(log KNOWS store event base)
quipu_room(sqlite FOLDER store/sqlite KNOWS store event base USES SQLite3)
if(QUIPU_WITH_MONGO)
    quipu_room(mongo FOLDER store/mongo KNOWS store codec event base USES MONGOC)
endif()
if(QUIPU_WITH_KAFKA)
    quipu_room(kafka FOLDER log/kafka KNOWS log store codec event base USES RDKAFKA SIMDJSON fmt)
endif()
quipu_room(delivery KNOWS log store codec event base)
quipu_room(http KNOWS base USES Boost UV)

set(engines sqlite)
set(clients)
if(QUIPU_WITH_MONGO)
    list(APPEND engines mongo)
    list(APPEND clients MONGOC)
endif()
if(QUIPU_WITH_KAFKA)
    list(APPEND engines kafka)
    list(APPEND clients RDKAFKA)
endif()
quipu_room(quipu FOLDER app KNOWS http delivery ${engines} log store codec event base
           USES Boost ${clients} SQLite3 fmt spdlog DEFLATE SIMDJSON PROMETHEUS UV)
target_compile_definitions(quipu PRIVATE
    $<$<BOOL:${QUIPU_WITH_MONGO}>:QUIPU_WITH_MONGO> $<$<BOOL:${QUIPU_WITH_KAFKA}>:QUIPU_WITH_KAFKA>)
# Headers of one source file: a program that links the installed library does not need them.
find_package(CLI11 2.1 REQUIRED)
target_link_libraries(quipu PRIVATE $<BUILD_INTERFACE:CLI11::CLI11>)

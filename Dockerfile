# SPDX-License-Identifier: Apache-2.0
# integr8s, built from this directory. `docker compose up` runs it with Kafka and MongoDB.
FROM debian:12 AS build
WORKDIR /src
COPY tools/install-packages tools/
RUN tools/install-packages build
COPY . .
RUN cmake --preset release && cmake --build --preset release --target integr8s

FROM debian:12
COPY tools/install-packages /usr/local/lib/integr8s/
RUN /usr/local/lib/integr8s/install-packages serve && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/integr8s/integr8s /usr/local/bin/
WORKDIR /var/lib/integr8s
ENTRYPOINT ["integr8s"]
CMD ["run", "--file", "/var/lib/integr8s/integr8s.db"]

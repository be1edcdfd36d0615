#!/bin/bash
# train.sh TARGET LIST: write LIST, the names of all classes the application loads from the JDK and the libraries.
# Runs it twice to learn them, and stops the build when it does not answer as it should.
set -euo pipefail
target=$1
list=$2
here=$(dirname "$0")
work=$(mktemp -d)

# A build may share the host's network, where 8080 is often taken; below the ports the system hands out.
free_port() {
  local port=$((20000 + RANDOM % 12000))
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then free_port; else echo $port; fi
}

# train NAME [VARIABLE=VALUE...] -- [OPTION...]: run the application and visit it, noting the classes
train() {
  local name=$1 variables=() jvm
  shift
  while [[ $1 != -- ]]; do variables+=("$1"); shift; done
  shift
  env "${variables[@]}" "PORT=$port" "MULTIPART_LOCATION=$work" SHUTDOWN_DRAIN_SECONDS=0 \
    JAVA_OPTS="-Xshare:off -XX:DumpLoadedClassList=$work/$name.list" "$target/app/start" >"$work/log" 2>&1 &
  jvm=$!
  curl --silent --retry 60 --retry-delay 1 --retry-all-errors --output /dev/null "http://127.0.0.1:$port/" &&
    bash "$here/visit.sh" "http://127.0.0.1:$port/eni-todo" "$@" &&
    kill -TERM $jvm && wait $jvm && return
  cat "$work/log"
  kill -KILL $jvm
  return 1
}

port=$(free_port)
metrics=$(free_port)
train embedded ACCESS_LOG=true "METRICS_PORT=$metrics" -- "http://127.0.0.1:$metrics/metrics"
# a database that is not there loads the driver too, and replication with nobody else loads Tomcat's cluster
train replicated DB_DTB_JDBC_URL=jdbc:mariadb://127.0.0.1:1/db_todo DNS_MEMBERSHIP_SERVICE_NAME=localhost \
  "CLUSTER_RECEIVER_PORT=$(free_port)" -- without-database
# not the application's own classes: the list then stays the same when only they change, and the archive made of it too
cat "$work"/*.list | grep -v timonier | sort --unique >"$list"
rm -rf "$work"

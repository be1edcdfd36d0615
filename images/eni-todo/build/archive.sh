#!/bin/bash
# archive.sh TARGET: write TARGET/app/classes.jsa, the loaded form of all classes the application needs, so that a
# start does not have to load and verify them again. Runs the application twice to learn which these are, and stops
# the build when it does not answer as it should.
set -euo pipefail
target=$1
here=$(dirname "$0")
work=$(mktemp -d)

# A build may share the host's network, where 8080 is often taken.
free_port() {
  local port=$((20000 + RANDOM % 20000))
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
train embedded ACCESS_LOG=true --
# a database that is not there loads the driver too, and replication with nobody else loads Tomcat's cluster
train replicated DB_DTB_JDBC_URL=jdbc:mariadb://127.0.0.1:1/db_todo DNS_MEMBERSHIP_SERVICE_NAME=localhost \
  "CLUSTER_RECEIVER_PORT=$(free_port)" -- without-database
cat "$work"/*.list | sort --unique >"$work/all"
JAVA_OPTS="-Xshare:dump -XX:SharedClassListFile=$work/all" "$target/app/start" >"$work/dump" 2>&1 ||
  { tail -20 "$work/dump"; exit 1; }
rm -rf "$work"

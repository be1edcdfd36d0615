#!/bin/bash
# archive.sh TARGET: write TARGET/app/classes.jsa, the loaded form of all classes the application needs, so that a
# start does not have to load and verify them again. Runs the application twice to learn which these are.
set -euo pipefail
target=$1
url=http://127.0.0.1:8080/eni-todo
work=$(mktemp -d)

# train NAME STATUS [VARIABLE=VALUE...]: run the application and visit it, noting the classes; the list must answer
# with that status, or the wrong thing would be learnt
train() {
  local name=$1 status=$2 jvm answer
  shift 2
  env "$@" MULTIPART_LOCATION="$work" SHUTDOWN_DRAIN_SECONDS=0 \
    JAVA_OPTS="-Xshare:off -XX:DumpLoadedClassList=$work/$name.list" "$target/app/start" >"$work/log" 2>&1 &
  jvm=$!
  curl --silent --fail --retry 60 --retry-delay 1 --retry-all-errors --output /dev/null $url/healthz \
    || { cat "$work/log"; return 1; }
  visit
  answer=$(curl --silent --output /dev/null --write-out '%{http_code}' $url/)
  [[ $answer == "$status" ]] || { echo "$name: the list answers $answer, not $status"; cat "$work/log"; return 1; }
  kill -TERM $jvm
  wait $jvm || { cat "$work/log"; return 1; }
}

visit() {
  local field
  for field in category=training onlyinsession=true; do
    curl --silent --output /dev/null --cookie-jar "$work/jar" --cookie "$work/jar" \
      --form name=training --form $field --form "file=@$0" $url/add
  done
  curl --silent --output /dev/null --data 'todoList[0].id=1&todoList[0].complete=true&todoList[1].id=2' $url/update
  for page in /style.css /files/archive.sh /BasicServlet?dataname=a /nothing; do
    curl --silent --output /dev/null $url$page
  done
}

train embedded 200
# a database that is not there loads the driver too, and replication with nobody else loads Tomcat's cluster
train replicated 503 DB_DTB_JDBC_URL=jdbc:mariadb://127.0.0.1:1/db_todo DNS_MEMBERSHIP_SERVICE_NAME=localhost
cat "$work"/*.list | sort --unique >"$work/all"
JAVA_OPTS="-Xshare:dump -XX:SharedClassListFile=$work/all" "$target/app/start" >"$work/dump" 2>&1 \
  || { tail -20 "$work/dump"; exit 1; }
rm -rf "$work"
ls -l "$target/app/classes.jsa"

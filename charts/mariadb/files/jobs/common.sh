# What the jobs' scripts share. Read by them, not run.
# shellcheck shell=bash

password_file=/run/secrets/mariadb/root-password
readonly scratch_dir=/scratch/data
readonly scratch_socket=/tmp/scratch.sock
readonly scratch_log=/tmp/scratch.log
# What a server counts as its own, and no dump holds: accounts are made from the Secret, not restored.
readonly own_schemas="'mysql', 'information_schema', 'performance_schema', 'sys'"
scratch_server=

log() { printf '%s [%s] %s\n' "$(date --utc +%FT%TZ)" "$(basename "$0" .sh)" "$*" >&2; }
fail() { log "ERROR: $*"; exit 1; }

# interruptibly COMMAND...: run it in a process group of its own, and stop all of it when this shell is told to stop: a
# shell that waits for a program in the foreground answers no signal before that has ended.
interruptibly() {
  local work status=0
  set -m
  "$@" &
  work=$!
  set +m
  # shellcheck disable=SC2064 # the number of now
  trap "log 'interrupted'; kill -- -$work 2>/dev/null; wait $work; exit 143" TERM INT
  wait "$work" || status=$?
  trap - TERM INT
  return "$status"
}

# client [OPTION...]: root, on the database. The password goes by the environment, where no list of processes shows it.
client() {
  MYSQL_PWD=$(<"$password_file") mariadb --no-defaults --host="$DB_HOST" --port=3306 --user=root --connect-timeout=10 \
    --batch --skip-column-names --default-character-set=utf8mb4 --max-allowed-packet=1G "$@"
}

# await_database SECONDS: until it takes a login. It may be starting, or its pod may be on its way to another node.
await_database() {
  local problem until=$((SECONDS + $1))
  until problem=$(client --execute='DO 1' 2>&1); do
    ((SECONDS < until)) || fail "no login on $DB_HOST within $1 s: $problem"
    sleep 1
  done
}

# check_complete FILE: mariadb-dump writes this line last; a dump that was cut off does not have it.
check_complete() {
  [[ $(gzip --decompress --stdout "$1" | tail --lines=1) == '-- Dump completed'* ]] ||
    fail "$(basename "$1") is cut off: it does not end as a dump does"
}

# check_sum FILE: as it was written.
check_sum() {
  [[ -e $1 ]] || fail "there is no dump $(basename "$1") in $BACKUP_DIR"
  [[ -e $1.sha256 ]] || fail "$(basename "$1") has no checksum file $(basename "$1").sha256: it was never verified"
  (cd "$BACKUP_DIR" && sha256sum --check --quiet "$(basename "$1").sha256") ||
    fail "$(basename "$1") is not what was written: its checksum differs"
}

# verified PREFIX: the dumps of a release that count, oldest first, one a line.
verified() {
  local file
  for file in "$BACKUP_DIR/$1"-????????T??????Z-*.sql.gz; do
    if [[ -e $file && -e $file.sha256 ]]; then printf '%s\n' "$file"; fi
  done
}

# quoted TEXT: as a SQL string, whatever is in it.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# scratch_client [OPTION...]: root, on the scratch server.
scratch_client() {
  mariadb --no-defaults --socket="$scratch_socket" --user=root --batch --skip-column-names \
    --default-character-set=utf8mb4 --max-allowed-packet=1G "$@"
}

# start_scratch [ARGUMENT...]: an empty server with the database's own configuration, but small, in a hurry, and reached
# by nobody else.
start_scratch() {
  local attempt output
  rm -rf "$scratch_dir"
  output=$(mariadb-install-db "$@" --datadir="$scratch_dir" --auth-root-authentication-method=normal --skip-test-db \
    --skip-name-resolve --skip-log-bin --rpm 2>&1) || fail "no data directory for the scratch server: $output"
  mariadbd "$@" --datadir="$scratch_dir" --socket="$scratch_socket" --pid-file=/tmp/scratch.pid --skip-networking \
    --skip-log-bin --skip-slave-start --loose-wsrep-on=OFF --read-only=OFF --event-scheduler=OFF \
    --performance-schema=OFF --innodb-buffer-pool-size=64M --innodb-log-file-size=96M \
    --innodb-flush-log-at-trx-commit=0 --skip-innodb-doublewrite --max-allowed-packet=1G &>"$scratch_log" &
  scratch_server=$!
  for ((attempt = 0; attempt < 300; attempt++)); do
    if scratch_client --execute='DO 1' &>/dev/null; then return; fi
    kill -0 "$scratch_server" 2>/dev/null || fail "the scratch server ended: $(<"$scratch_log")"
    sleep 0.2
  done
  fail "the scratch server did not answer within 60 s: $(<"$scratch_log")"
}

stop_scratch() {
  kill "$scratch_server"
  wait "$scratch_server" || fail "the scratch server did not close properly: $(<"$scratch_log")"
}

# restore_to_scratch FILE: a dump counts once a server took all of it.
restore_to_scratch() {
  check_complete "$1"
  gzip --decompress --stdout "$1" | scratch_client ||
    fail "$(basename "$1") could not be restored into the scratch server (exit codes ${PIPESTATUS[*]})"
}

# inventory CLIENT: everything a dump has to hold, sorted, one a line.
inventory() {
  "$1" --execute="
    SELECT 'table', table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ($own_schemas)
    UNION ALL SELECT 'trigger', trigger_schema, trigger_name FROM information_schema.triggers
      WHERE trigger_schema NOT IN ($own_schemas)
    UNION ALL SELECT 'routine', routine_schema, routine_name FROM information_schema.routines
      WHERE routine_schema NOT IN ($own_schemas)
    UNION ALL SELECT 'event', event_schema, event_name FROM information_schema.events
      WHERE event_schema NOT IN ($own_schemas)" | LC_ALL=C sort
}

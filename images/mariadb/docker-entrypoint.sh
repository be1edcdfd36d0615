#!/bin/bash
# docker-entrypoint.sh [mariadbd] [ARGUMENT...]: initialise an empty data directory once, then become mariadbd.
# Any other program is run as it stands. The variables are those of the official image, see README.md.
set -eo pipefail
shopt -s nullglob

# There while the first initialisation runs. Found at a start, it says that this never came to its end.
readonly marker_name=.initialisation-unfinished
readonly scripts=/docker-entrypoint-initdb.d
readonly start_seconds=120

log() { printf '%s [entrypoint] %s\n' "$(date --utc +%FT%TZ)" "$*" >&2; }
fail() { log "ERROR: $*"; exit 2; }

# take NAME: set MARIADB_NAME from the first there is of MARIADB_NAME, MARIADB_NAME_FILE, MYSQL_NAME, MYSQL_NAME_FILE.
take() {
  local name=$1 prefix variable file
  for prefix in MARIADB_ MYSQL_; do
    variable=$prefix$name
    file=${variable}_FILE
    [[ -z ${!variable} || -z ${!file} ]] || fail "both $variable and $file are set: give one of them"
    if [[ -n ${!file} ]]; then
      [[ -r ${!file} ]] || fail "$file names ${!file}, which cannot be read: mount it readable for uid $(id -u)"
      export "$variable=$(<"${!file}")"
    fi
    if [[ -n ${!variable} ]]; then
      export "MARIADB_$name=${!variable}" "MYSQL_$name=${!variable}" # scripts may ask for either
      return
    fi
  done
}

take_variables() {
  local name
  for name in ROOT_PASSWORD ROOT_HOST DATABASE USER PASSWORD ALLOW_EMPTY_ROOT_PASSWORD RANDOM_ROOT_PASSWORD \
      INITDB_SKIP_TZINFO; do
    take "$name"
  done
  # the name MySQL's image had
  : "${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:=$MYSQL_ALLOW_EMPTY_PASSWORD}"
  [[ -n $MARIADB_ROOT_PASSWORD$MARIADB_ALLOW_EMPTY_ROOT_PASSWORD$MARIADB_RANDOM_ROOT_PASSWORD ]] ||
    fail "the data directory is empty and no root password is given: set one of MARIADB_ROOT_PASSWORD," \
      "MARIADB_ROOT_PASSWORD_FILE, MARIADB_RANDOM_ROOT_PASSWORD and MARIADB_ALLOW_EMPTY_ROOT_PASSWORD"
  [[ $MARIADB_USER != root ]] ||
    fail "MARIADB_USER is root, which is always there: leave it out, and use MARIADB_ROOT_PASSWORD"
  [[ -z $MARIADB_USER || -n $MARIADB_PASSWORD ]] ||
    log "WARNING: MARIADB_USER without MARIADB_PASSWORD: no such user is made"
}

random_password() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

# quoted TEXT: the text as a SQL string, whatever is in it.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# name TEXT: the text as a SQL identifier.
# shellcheck disable=SC2016 # these backquotes are SQL's
name() { printf '`%s`' "${1//\`/\`\`}"; }

# docker_process_sql [OPTION...]: run the SQL on standard input as root. Under this name for scripts that know the
# official image. The password goes by the environment, where no list of processes shows it.
docker_process_sql() {
  MYSQL_PWD=$root_password mariadb --no-defaults --protocol=socket --socket="$socket" --user=root --batch \
    --comments --default-character-set=utf8mb4 ${MARIADB_DATABASE:+--database="$MARIADB_DATABASE"} "$@"
}

# Where mariadbd will have its data and its socket, by its files and arguments: it says so below a line of dashes.
read_configuration() {
  local help
  help=$("$@" --verbose --help 2>&1) || fail "mariadbd refuses its configuration: $(grep -F '[ERROR]' <<<"$help" || true)"
  datadir=$(awk '/^-----/ { table = 1 } table && $1 == "datadir" { print $2 }' <<<"$help")
  datadir=${datadir%/}
  socket=$(awk '/^-----/ { table = 1 } table && $1 == "socket" { print $2 }' <<<"$help")
}

install_tables() {
  local output
  log "Initialising the data directory $datadir"
  output=$(mariadb-install-db "${@:2}" --datadir="$datadir" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve --rpm 2>&1) || fail "mariadb-install-db failed: $output"
}

# Without network, so nobody takes the half-made database for the finished one; and without waiting for the disk at
# every transaction: an initialisation that is cut off is thrown away as a whole.
start_server() {
  "$@" --skip-networking --socket="$socket" --skip-slave-start --loose-wsrep-on=OFF --skip-log-error \
    --innodb-flush-log-at-trx-commit=0 --sync-binlog=0 &
  server=$!
  local attempt
  for ((attempt = 0; attempt < start_seconds * 5; attempt++)); do
    if MARIADB_DATABASE='' docker_process_sql -e 'DO 1' &>/dev/null; then return; fi
    kill -0 "$server" 2>/dev/null || fail "mariadbd ended while the data directory was initialised: see above"
    sleep 0.2
  done
  fail "mariadbd did not answer within $start_seconds s"
}

stop_server() {
  kill "$server"
  wait "$server" || fail "mariadbd did not close properly"
  server=
}

load_time_zones() {
  [[ -z $MARIADB_INITDB_SKIP_TZINFO && -d /usr/share/zoneinfo ]] || return 0
  { echo 'SET SESSION sql_log_bin = 0;'; mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo 2>/dev/null; } |
    docker_process_sql --database=mysql
}

# The statements that make root, the database and its user. Not in the binary log: each server makes its own.
account_statements() {
  local host
  echo 'SET SESSION sql_log_bin = 0;'
  # mariadb-install-db leaves a root without password for 127.0.0.1, ::1 and the container's name of today
  echo "SET @others = (SELECT CONCAT('DROP USER ', GROUP_CONCAT(QUOTE(user), '@', QUOTE(host)))
    FROM mysql.global_priv WHERE user IN ('root', '') AND host <> 'localhost');
    EXECUTE IMMEDIATE COALESCE(@others, 'DO 0');"
  if [[ -n $MARIADB_DATABASE ]]; then echo "CREATE DATABASE IF NOT EXISTS $(name "$MARIADB_DATABASE");"; fi
  if [[ -n $MARIADB_USER && -n $MARIADB_PASSWORD ]]; then
    echo "CREATE USER $(quoted "$MARIADB_USER")@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");"
    if [[ -n $MARIADB_DATABASE ]]; then
      # the database's name is a pattern here: in db_todo the _ would stand for any character
      echo "GRANT ALL ON $(name "${MARIADB_DATABASE//_/\\_}").* TO $(quoted "$MARIADB_USER")@'%';"
    fi
  fi
  for host in localhost 127.0.0.1 ::1; do
    echo "CREATE USER IF NOT EXISTS healthcheck@$(quoted $host) IDENTIFIED BY $(quoted "$1");"
    echo "GRANT REPLICA MONITOR ON *.* TO healthcheck@$(quoted $host);"
  done
  host=${MARIADB_ROOT_HOST:-%}
  if [[ $host != localhost ]]; then
    echo "CREATE USER root@$(quoted "$host") IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");"
    echo "GRANT ALL ON *.* TO root@$(quoted "$host") WITH GRANT OPTION;"
  fi
  # last: from here on root needs the password
  echo "ALTER USER root@localhost IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");"
}

create_accounts() {
  local health_password problem
  health_password=$(random_password)
  if [[ -n $MARIADB_RANDOM_ROOT_PASSWORD ]]; then
    MARIADB_ROOT_PASSWORD=$(random_password)
    (umask 077 && printf '%s\n' "$MARIADB_ROOT_PASSWORD" >"$datadir/.root-password")
    log "The generated root password is in $datadir/.root-password"
  fi
  # the client shows a statement that failed, and with it the password: only the server's message may pass
  problem=$(account_statements "$health_password" | MARIADB_DATABASE='' docker_process_sql 2>&1) ||
    fail "the accounts could not be made: $(grep ^ERROR <<<"$problem" || true)"
  root_password=$MARIADB_ROOT_PASSWORD
  (umask 077 && printf '[mariadb-client]\nprotocol=tcp\nuser=healthcheck\npassword=%s\n' "$health_password" \
    >"$datadir/.my-healthcheck.cnf")
}

# A script that may be executed is, others are read into this shell, as with the official image.
# shellcheck disable=SC1090 # scripts are the user's
run_script() {
  log "Running $1"
  case $1 in
    *.sh) if [[ -x $1 ]]; then "$1"; else . "$1"; fi ;;
    *.sql) docker_process_sql <"$1" ;;
    *.sql.gz) gzip -dc "$1" | docker_process_sql ;;
    *.sql.xz) xz -dc "$1" | docker_process_sql ;;
    *.sql.zst) zstd -dc "$1" | docker_process_sql ;;
    *) log "Ignored: $1 is neither *.sh nor *.sql, *.sql.gz, *.sql.xz, *.sql.zst" ;;
  esac
}

# Files of the data directory, but for what a file system or an orchestrator keeps there.
contents() { find "$datadir" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name '.*' "$@"; }

prepare_directory() {
  [[ -w $datadir ]] || fail "the data directory $datadir cannot be written by uid $(id -u): give the volume that" \
    "owner or group (Kubernetes: securityContext.fsGroup 999)"
  if [[ -e $datadir/$marker_name ]]; then
    log "An earlier initialisation was cut off: starting it over"
    contents -exec rm -rf {} +
  fi
  [[ -z $(contents -print -quit) ]] ||
    fail "the data directory $datadir is not empty and holds no database: give an empty volume, or a subdirectory"
  touch "$datadir/$marker_name"
  sync "$datadir"
}

initialise() {
  local script
  take_variables
  prepare_directory
  install_tables "$@"
  start_server "$@"
  load_time_zones
  create_accounts
  for script in "$scripts"/*; do run_script "$script"; done
  stop_server
  sync
  rm "$datadir/$marker_name"
  log "Initialisation finished"
}

# In a process group of its own, beside this shell: a shell that waits for a program of its own answers no signal
# before that has ended, and a script may take hours.
initialise_interruptibly() {
  local initialisation
  set -m
  initialise "$@" &
  initialisation=$!
  set +m
  trap 'log "Interrupted"; kill -- "-$initialisation"; wait; exit 143' TERM INT
  wait "$initialisation" || exit
  trap - TERM INT
}

# As root: hand the data to mysql and go on as that user.
step_down() {
  mkdir -p "$datadir"
  find "$datadir" /run/mysqld ! -user mysql -exec chown mysql:mysql {} +
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
}

wants_help() {
  local argument
  for argument; do
    case $argument in -'?' | --help | --print-defaults | -V | --version) return 0 ;; esac
  done
  return 1
}

main() {
  if [[ -z $1 || $1 == -* ]]; then set -- mariadbd "$@"; fi
  if [[ ($1 == mariadbd || $1 == mysqld) ]] && ! wants_help "$@"; then
    read_configuration "$@"
    if [[ $(id -u) == 0 ]]; then step_down "$@"; fi
    if [[ ! -d $datadir/mysql || -e $datadir/$marker_name ]]; then initialise_interruptibly "$@"; fi
    unset "${!MARIADB_@}" "${!MYSQL_@}"
  fi
  exec "$@"
}

datadir='' socket='' server='' root_password=''
main "$@"

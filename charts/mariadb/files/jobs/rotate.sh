#!/bin/bash
# rotate.sh ACCOUNT=KEY...: let each account log in with the password in file KEY of /run/secrets/next, which the Secret
# will hold, and with the one in /run/secrets/current, which it holds now, and with no other. So at any moment both work,
# whatever is interrupted; and a run in which the two are the same, drops what was there before.
# DB_HOSTS, the first of which that answers is the database, and OVERLAP_SECONDS come by the environment.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

readonly current=/run/secrets/current
readonly next=/run/secrets/next

# enter: find the database, and the password root has: an interrupted run may have left either. 1 when there is none.
enter() {
  local folder problem until=$((SECONDS + 60))
  while true; do
    # shellcheck disable=SC2153 # the hosts are one list, from outside
    for DB_HOST in $DB_HOSTS; do
      for folder in "$current" "$next"; do
        password_file=$folder/root-password
        if problem=$(client --execute='DO 1' 2>&1); then return; fi
      done
      if [[ $problem == *'ERROR 1045'* ]]; then break 2; fi
    done
    ((SECONDS < until)) || break
    sleep 1
  done
  log "no login as root on $DB_HOST, with the password of now or the next: $problem"
  return 1
}

# writable: what a replica is told of passwords is not told to the primary, and parts the two.
writable() {
  [[ $(client --execute='SELECT @@read_only') == 0 ]] && return
  log "$DB_HOST is read-only: it is no primary"
  return 1
}

unchanged() {
  local account
  for account; do
    cmp --silent "$current/${account#*=}" "$next/${account#*=}" || return
  done
}

# ask ACCOUNT=KEY SQL: SQL that may use @user, and the hashes of both passwords, @current and @next.
ask() {
  local key=${1#*=}
  client --raw <<SQL
SET SESSION sql_mode = '';
SET @user = $(quoted "${1%%=*}"), @current = PASSWORD($(quoted "$(<"$current/$key")")),
  @next = PASSWORD($(quoted "$(<"$next/$key")"));
$2
SQL
}

check_account() {
  local folder
  for folder in "$current" "$next"; do
    [[ -s $folder/${1#*=} ]] || fail "the ${folder##*/} password of ${1%%=*} is empty or missing"
  done
  [[ $(ask "$1" 'SELECT COUNT(*) FROM mysql.global_priv WHERE user = @user;') != 0 ]] ||
    fail "there is no account ${1%%=*} on $DB_HOST"
}

# seconds_left ACCOUNT=KEY: how long programs may still use a password that this run would drop; 0 when there is none.
# password_last_changed is when it was replaced, auth_or[1] the older one, see alter.
seconds_left() {
  ask "$1" "SELECT GREATEST(0, COALESCE(MAX(JSON_VALUE(priv, '\$.password_last_changed') + $OVERLAP_SECONDS
      - UNIX_TIMESTAMP()), 0)) FROM mysql.global_priv
    WHERE user = @user AND JSON_VALUE(priv, '\$.authentication_string') = @current
      AND JSON_VALUE(priv, '\$.auth_or[1].authentication_string') NOT IN (@current, @next);"
}

# alter ACCOUNT=KEY: on all hosts it may come from, where it is not so already. As hashes: passwords as text would stand
# in the binary log.
alter() {
  local statements
  statements=$(ask "$1" "SELECT CONCAT('ALTER USER ', QUOTE(user), '@', QUOTE(host),
      ' IDENTIFIED VIA mysql_native_password USING ', QUOTE(@next),
      IF(@next = @current, '', CONCAT(' OR mysql_native_password USING ', QUOTE(@current))), ';')
    FROM mysql.global_priv WHERE user = @user AND NOT (JSON_VALUE(priv, '\$.authentication_string') = @next
      AND COALESCE(JSON_VALUE(priv, '\$.auth_or[1].authentication_string'), @next) = @current);")
  client <<<"$statements"
}

prove() {
  local folder
  for folder in "$current" "$next"; do
    MYSQL_PWD=$(<"$folder/${1#*=}") mariadb --no-defaults --host="$DB_HOST" --user="${1%%=*}" --execute='DO 1' ||
      fail "${1%%=*} cannot log in with its ${folder##*/} password"
  done
}

rotate() {
  local account left
  # An account of the replicas is new when they are: there is no password of it to replace.
  for account; do
    shift
    if [[ -e $current/${account#*=} || $account != *=replication-password ]]; then set -- "$@" "$account"; fi
  done
  if ! enter || ! writable; then
    unchanged "$@" || fail 'nothing was changed'
    log 'no password changes: left as it is'
    return
  fi
  for account; do
    check_account "$account"
    left=$(seconds_left "$account")
    if ((left)) && ! unchanged "$account"; then
      fail "${account%%=*} has had its password for a short time only, and programs may still use the one before:" \
        "wait $left s, or lower passwordRotation.overlapSeconds"
    fi
  done
  for account; do
    left=$(seconds_left "$account")
    if ((left)); then log "${account%%=*}: the password before is kept for $left s more"; continue; fi
    alter "$account"
    prove "$account"
    log "${account%%=*}: logs in with the password of the Secret, and with the one it will hold; with no other"
  done
}

interruptibly rotate "$@"

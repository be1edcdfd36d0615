#!/bin/sh
# exporter.sh ARGUMENT...: run mysqld_exporter with the login that is mounted, and start it again when that changes: it
# reads its file once, at its start. Needs no more of the image than busybox's programs, which the official one has.
set -eu

readonly secrets=/run/secrets/metrics
readonly login=/tmp/my.cnf
readonly look_seconds=5

log() { printf '%s [exporter] %s\n' "$(date -u +%FT%TZ)" "$*" >&2; }

# The file of an account made for this, else one made of the application's login. Between backquotes mysqld_exporter
# takes a value as it stands, quotes and signs for comments too.
# shellcheck disable=SC2016 # the backquotes are the file's
current_login() {
  if [ -e "$secrets/my.cnf" ]; then
    cat "$secrets/my.cnf"
  else
    printf '[client]\nhost = %s\nport = 3306\nuser = `%s`\npassword = `%s`\n' \
      "$DB_HOST" "$DB_USER" "$(cat "$secrets/password")"
  fi
}

start() {
  used=$(current_login)
  (umask 077 && printf '%s\n' "$used" >"$login")
  mysqld_exporter --config.my-cnf="$login" "$@" &
  exporter=$!
}

stop() {
  kill "$exporter" 2>/dev/null || true
  wait "$exporter" || true
}

used='' exporter=''
trap 'stop; exit 0' TERM INT
start "$@"
while kill -0 "$exporter" 2>/dev/null; do
  # in the background: a shell that waits for a program in the foreground answers no signal before that has ended
  sleep "$look_seconds" &
  wait $!
  if [ "$(current_login)" != "$used" ]; then
    log "the login has changed: starting mysqld_exporter again"
    stop
    start "$@"
  fi
done
log "mysqld_exporter ended"
wait "$exporter"

#!/bin/bash
# backup.sh [ARGUMENT...]: dump the databases, restore the dump into a scratch server to prove that it is whole, and only
# then keep it and delete the oldest. The arguments are mariadbd's, as the database itself has them.
#
# A dump on the claim is NAME.sql.gz with NAME.sql.gz.sha256; what is called NAME.sql.gz.partial does not count.
# BACKUP_DIR, PREFIX, KEEP and DB_HOST come by the environment.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# The end of the pod's name: two backups may begin in the same second.
dump=$BACKUP_DIR/$PREFIX-$(date --utc +%Y%m%dT%H%M%SZ)-${HOSTNAME##*-}.sql.gz
readonly dump partial=$dump.partial

# What a killed run left. A run that lives holds a lock on its own file.
remove_leftovers() {
  local file
  for file in "$BACKUP_DIR/$PREFIX"-*.sql.gz.partial; do
    if [[ -e $file ]] && flock --nonblock "$file" rm -- "$file"; then
      log "removed $(basename "$file"), left by a run that was killed"
    fi
  done
  for file in "$BACKUP_DIR/$PREFIX"-*.sql.gz.sha256; do
    # in this order: the last step of a run turns the one into the other
    if [[ -e $file && ! -e ${file%.sha256}.partial && ! -e ${file%.sha256} ]]; then rm -- "$file"; fi
  done
}

check_no_restore() {
  [[ $(client --execute="SELECT IS_FREE_LOCK('helm_restore')") == 1 ]] ||
    fail "a restore is running on $DB_HOST: what is dumped now would be half of it"
}

dump_databases() {
  local names databases options=()
  names=$(client --raw --execute="SELECT schema_name FROM information_schema.schemata
    WHERE schema_name NOT IN ($own_schemas)")
  [[ -n $names ]] || fail "$DB_HOST has no database to dump"
  mapfile -t databases <<<"$names"
  # with a binary log the position a replica would start from goes into the dump, as a comment
  if [[ $(client --execute='SELECT @@log_bin') == 1 ]]; then options+=(--master-data=2 --gtid); fi
  MYSQL_PWD=$(<"$password_file") mariadb-dump --no-defaults --host="$DB_HOST" --port=3306 --user=root \
    --single-transaction --routines --triggers --events --hex-blob --add-drop-database \
    --default-character-set=utf8mb4 --max-allowed-packet=1G ${options[@]+"${options[@]}"} --databases "${databases[@]}"
}

write_dump() {
  dump_databases | gzip >"$partial" || fail "the dump failed (exit codes of mariadb-dump and gzip: ${PIPESTATUS[*]})"
  sync "$partial"
}

# check_holds INVENTORY: what was there before the dump and still is after it is in what was restored. What came or
# went meanwhile may be in it or not.
check_holds() {
  local after restored missing
  after=$(inventory client)
  restored=$(inventory scratch_client)
  missing=$(LC_ALL=C comm -12 <(echo "$1") <(echo "$after") | LC_ALL=C comm -23 - <(echo "$restored"))
  [[ -z $missing ]] || fail "the dump lacks ${missing//$'\n'/, }"
}

# The checksum first: with the second step, which cannot be done by halves, the dump counts.
keep_dump() {
  local sum
  sum=$(sha256sum <"$partial")
  printf '%s  %s\n' "${sum%% *}" "$(basename "$dump")" >"$dump.sha256"
  sync "$dump.sha256"
  mv "$partial" "$dump"
  sync "$BACKUP_DIR"
  log "verified and kept: $(basename "$dump"), $(stat --format=%s "$dump") bytes"
}

rotate() {
  local dumps i
  mapfile -t dumps < <(verified "$PREFIX")
  for ((i = 0; i < ${#dumps[@]} - KEEP; i++)); do
    log "deleting $(basename "${dumps[i]}"): $KEEP newer ones are kept"
    rm -- "${dumps[i]}"
    rm -- "${dumps[i]}.sha256"
  done
}

backup() {
  local before
  remove_leftovers
  await_database 60
  check_no_restore
  before=$(inventory client)
  write_dump
  start_scratch "$@"
  restore_to_scratch "$partial"
  check_no_restore
  check_holds "$before"
  stop_scratch
  keep_dump
  rotate
}

set -o noclobber
: >"$partial"
set +o noclobber
trap 'rm -f "$partial"' EXIT
exec 9<"$partial"
flock --nonblock 9 || fail "no lock on $partial"
interruptibly backup "$@"

#!/bin/bash
# restore.sh: put the databases of a dump in the place of the ones the database has. Nothing is touched before the dump
# was found whole. Interrupted, it starts over; finished, it never does it again for the same request, though its Job
# may be made again: the database remembers.
# BACKUP_DIR, RESTORE_DUMP, RESTORE_SOURCE, RESTORE_REQUEST and DB_HOST come by the environment.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

readonly request="$RESTORE_SOURCE/$RESTORE_DUMP/$RESTORE_REQUEST"

chosen_dump() {
  local newest
  if [[ $RESTORE_DUMP != latest ]]; then echo "$BACKUP_DIR/$RESTORE_DUMP"; return; fi
  newest=$(verified "$RESTORE_SOURCE" | tail --lines=1)
  [[ -n $newest ]] || fail "$BACKUP_DIR holds no verified dump of $RESTORE_SOURCE"
  echo "$newest"
}

# await_primary SECONDS: a replica that is being promoted takes no writes before it has all there is.
await_primary() {
  local until=$((SECONDS + $1))
  until [[ $(client --execute='SELECT @@read_only') == 0 ]]; do
    ((SECONDS < until)) || fail "$DB_HOST is read-only for $1 s: it is no primary"
    sleep 1
  done
}

prepare_memory() {
  client --execute='CREATE TABLE IF NOT EXISTS mysql.helm_restores (
    request VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY,
    dump VARCHAR(255) NOT NULL, finished TIMESTAMP NOT NULL)'
}

# The lock goes with the connection: no second restore at the same time, and no backup of half a restore.
lock_statements() {
  cat <<'SQL'
DELIMITER //
BEGIN NOT ATOMIC
  IF GET_LOCK('helm_restore', 0) <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'another restore is running';
  END IF;
END//
DELIMITER ;
SQL
}

# Only a restore that came to its last statement is remembered.
remember() {
  echo "REPLACE INTO mysql.helm_restores VALUES ($(quoted "$request"), $(quoted "$(basename "$1")"), NOW());"
}

load() {
  { lock_statements && gzip --decompress --stdout "$1" && remember "$1"; } | client ||
    fail "$(basename "$1") was not restored (exit codes ${PIPESTATUS[*]}): the next attempt starts over"
}

restore() {
  local file before
  file=$(chosen_dump)
  check_sum "$file"
  check_complete "$file"
  await_database 300
  await_primary 300
  prepare_memory
  before=$(client --execute="SELECT dump, finished FROM mysql.helm_restores WHERE request = $(quoted "$request")")
  if [[ -n $before ]]; then
    log "nothing to do: restored already ($before); another restore.request does it again"
    return
  fi
  log "restoring $(basename "$file")"
  load "$file"
  log "restored $(basename "$file")"
}

interruptibly restore

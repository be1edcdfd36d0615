#!/bin/bash
# verify.sh [ARGUMENT...]: restore one of the kept dumps into a scratch server: the newest as index 0 of an Indexed Job,
# the one before as index 1, and so on. The arguments are mariadbd's, as the database itself has them.
# BACKUP_DIR, PREFIX and JOB_COMPLETION_INDEX come by the environment.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

verify() {
  local dumps file
  mapfile -t dumps < <(verified "$PREFIX" | LC_ALL=C sort --reverse)
  ((${#dumps[@]})) || fail "$BACKUP_DIR holds no verified dump of $PREFIX"
  if ((JOB_COMPLETION_INDEX >= ${#dumps[@]})); then
    log "there are ${#dumps[@]} dumps: none is left for index $JOB_COMPLETION_INDEX"
    return
  fi
  file=${dumps[JOB_COMPLETION_INDEX]}
  check_sum "$file"
  start_scratch "$@"
  restore_to_scratch "$file"
  stop_scratch
  log "still whole: $(basename "$file")"
}

interruptibly verify "$@"

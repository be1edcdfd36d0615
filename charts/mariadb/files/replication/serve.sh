#!/bin/bash
# serve.sh: answer another member, on standard input and output. It must know the replication password.
#   copy      a consistent copy of the data directory, as mbstream
#   position  whether this server is read-only (1 or 0), and the GTID position it has come to
#   yield     become read-only, let go of all clients, apply what was received; then as position
. /scripts/common.sh

position() { sql --execute='SELECT @@read_only, @@gtid_current_pos'; }

# Streamed by mariadb-backup: writers are not held up, and files, accounts and the GTID position belong together. Two
# files go beside: the login of the image's health check, which is no table, and, last, what says that all went well.
send_copy() {
  # Without a position nobody could follow what comes after the copy: the agent has still to make the first GTID.
  [[ -n $(sql --execute='SELECT @@gtid_current_pos' 2>/dev/null) ]] || return 1
  sent=$(mktemp -d)
  trap 'rm -rf "$sent"' EXIT
  MYSQL_PWD=$(<$secrets/root-password) mariadb-backup --backup --stream=mbstream --target-dir="$sent/backup" \
    --user=root --socket=$run/mysqld.sock 2>"$sent/log" || { tail -5 "$sent/log" >&2; return 1; }
  cd "$sent" || return 1
  cp $data/.my-healthcheck.cnf healthcheck-login 2>/dev/null && mbstream -c healthcheck-login
  touch copy-complete && mbstream -c copy-complete
}

kill_clients() {
  sql --execute="SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist
    WHERE user NOT IN ('system user', 'event_scheduler', $(quoted "$REPLICATION_USER")) AND id <> CONNECTION_ID()
      AND NOT (user = 'root' AND host = 'localhost')" | sql --force 2>/dev/null
}

# Once read_only is set no commit of a client's can succeed any more, and so what is in the binary log is all there is.
# It waits for transactions that hold tables: those lose their connection if they take long.
give_way() {
  touch $yielded
  sql --execute='SET SESSION lock_wait_timeout = 5; SET GLOBAL read_only = 1' 2>/dev/null || {
    kill_clients
    sql --execute='SET SESSION lock_wait_timeout = 30; SET GLOBAL read_only = 1' || return 1
  }
  kill_clients
  sql --execute='STOP REPLICA IO_THREAD' 2>/dev/null
  apply_received 60 || log "Not everything that was received could be applied within 60 s"
}

main() {
  local nonce command given
  # A probe only connects, and goes.
  nonce=$({ head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1; } 2>/dev/null)
  printf '%s\n' "$nonce" 2>/dev/null || return 1
  read -r -t 10 command given && [[ -n $given ]] || return 1
  if [[ $given != "$(proof "$nonce" "$command")" ]]; then
    log "Refused ${SOCAT_PEERADDR:-somebody}: another replication password"
    return 1
  fi
  log "${SOCAT_PEERADDR:-somebody} asks: $command"
  case $command in
    copy) send_copy ;;
    position) position ;;
    yield) give_way && position ;;
    *) return 1 ;;
  esac
}

# Whoever asks sees by the answer what is missing; socat would only complain of the exit code.
main || true

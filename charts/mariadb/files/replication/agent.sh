#!/bin/bash
# agent.sh: beside the server, all the time. Opens the primary for writes, keeps the replicas following it, and lets
# the other members ask (serve.sh).
. /scripts/common.sh
. /scripts/takeover.sh

# The first initialisation runs in a server without network, which is none of ours.
serves() { [[ $(sql --execute='SELECT @@skip_networking' 2>/dev/null) == 0 ]]; }

# The account replicas log in with, made here because scripts for the first start do not run on a volume that was in
# use before. Also gives the binary log its first GTID, without which no copy could be followed. A password that works
# is left alone: while passwords are rotated the account has two.
account_password=
keep_account() {
  local password user
  password=$(<$secrets/replication-password)
  [[ $password != "$account_password" ]] || return 0
  user="$(quoted "$REPLICATION_USER")@'%'"
  sql <<<"CREATE USER IF NOT EXISTS $user IDENTIFIED BY $(quoted "$password");
    GRANT REPLICATION SLAVE ON *.* TO $user;" || return 1
  MYSQL_PWD=$password mariadb --no-defaults --host=127.0.0.1 --user="$REPLICATION_USER" --execute='DO 1' 2>/dev/null ||
    sql <<<"ALTER USER $user IDENTIFIED BY $(quoted "$password");" || return 1
  account_password=$password
}

# Semi-synchronous first: no commit may slip through without.
open_for_writes() {
  keep_account && sql --execute='SET GLOBAL rpl_semi_sync_slave_enabled = 0; SET GLOBAL rpl_semi_sync_master_enabled = 1;
    SET GLOBAL read_only = 0' && log "This is the primary, and takes writes"
}

be_primary() {
  if [[ $(sql --execute='SELECT @@read_only') == 0 ]]; then
    keep_account
  elif [[ -e $yielded ]]; then
    say "Another member took over: staying read-only. Delete this pod if it is to be the primary again"
  elif [[ -e $copied ]]; then
    say "ERROR: this member has a copy that was never brought up to date: make another one the primary"
  elif read_status && [[ -n $status ]]; then
    take_over && open_for_writes
  else
    unless_superseded && open_for_writes
  fi
}

# follow HOST [OPTION...]: replicate from that member from now on.
follow() {
  local host=$1
  shift
  log "Following $host"
  sql <<<"CHANGE MASTER TO MASTER_HOST = $(quoted "$host"), MASTER_PORT = $port,
    MASTER_USER = $(quoted "$REPLICATION_USER"), MASTER_PASSWORD = $(quoted "$(<$secrets/replication-password)"),
    MASTER_CONNECT_RETRY = 2, $*;" && sql --execute='START REPLICA'
}

follow_copy() {
  sql --execute="STOP REPLICA; SET GLOBAL gtid_slave_pos = $(quoted "$(<$copied)")" &&
    follow "$PRIMARY_HOST" MASTER_USE_GTID = slave_pos && rm $copied
}

# A server that was the primary goes on from its binary log, one that followed somebody else from where it got to.
follow_another() {
  if [[ -z $status ]]; then
    follow "$PRIMARY_HOST" MASTER_DEMOTE_TO_SLAVE = 1
    return
  fi
  sql --execute='STOP REPLICA IO_THREAD'
  apply_received 60 || { say "Applying what was received before following $PRIMARY_HOST"; return 1; }
  sql --execute='STOP REPLICA' && follow "$PRIMARY_HOST" MASTER_USE_GTID = slave_pos
}

# A thread that stopped is started again: what stopped it may have passed (a primary that has still to catch up).
restart_threads() {
  local problem
  problem="$(field Last_IO_Error)$(field Last_SQL_Error)"
  if [[ -n $problem ]]; then
    say "Replication stopped: $problem
If this stays, this member needs a new copy: kubectl delete persistentvolumeclaim/data-$POD_NAME pod/$POD_NAME"
    sleep 3
  fi
  sql --execute='START REPLICA'
}

# The password changed while this replica was connected: the new one counts from the next connection on.
renew_password() {
  say "The primary refuses the replication password: taking the one that the Secret has now"
  sql <<<"STOP REPLICA; CHANGE MASTER TO MASTER_PASSWORD = $(quoted "$(<$secrets/replication-password)"); START REPLICA;"
  sleep 3
}

be_replica() {
  read_status || return
  if [[ -e $copied ]]; then
    follow_copy
  elif [[ $(field Master_Host) != "$PRIMARY_HOST" ]]; then
    follow_another
  elif [[ $(field Last_IO_Errno) == 1045 ]]; then
    renew_password
  elif [[ $(field Slave_IO_Running) == No || $(field Slave_SQL_Running) == No ]]; then
    restart_threads
  elif replicates; then
    say "Replicating from $PRIMARY_HOST"
  fi
}

trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM INT
socat "TCP-LISTEN:$agent_port,reuseaddr,fork,max-children=8,keepalive,keepidle=10,keepintvl=10,keepcnt=3" \
  EXEC:'bash /scripts/serve.sh' &
listener=$!
while kill -0 $listener 2>/dev/null; do
  if serves; then if is_primary; then be_primary; else be_replica; fi; fi
  sleep 1 &
  wait $!
done
log "ERROR: nobody listens on port $agent_port any more"
exit 1

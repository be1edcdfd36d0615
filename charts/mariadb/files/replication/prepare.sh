#!/bin/bash
# prepare.sh: before the server starts. Writes this member's settings, and fetches a copy of the primary's data where
# there are none: so no replica ever runs scripts of /docker-entrypoint-initdb.d.
. /scripts/common.sh

# A member starts read-only and follows nobody; its agent (agent.sh) changes that once it knows better.
# Read in alphabetical order: what the chart's `configuration` says comes later, and wins.
write_settings() {
  local replica=ON role=SLAVE
  if is_primary; then replica=OFF role=MASTER; fi
  cp -L /configuration/*.cnf /settings/ 2>/dev/null
  cat >/settings/00-replication.cnf <<END
[mariadbd]
server_id = $((${POD_NAME##*-} + 1))
log_bin = mariadb-bin
log_slave_updates = ON
relay_log = mariadb-relay-bin
binlog_format = ROW
binlog_expire_logs_seconds = 604800
gtid_strict_mode = ON
# An acknowledged commit is on the disk, and was sent to no replica before.
sync_binlog = 1
innodb_flush_log_at_trx_commit = 1
read_only = ON
skip_slave_start = ON
# Never give up, and notice within seconds that the primary's node is gone.
master_retry_count = 0
slave_net_timeout = 10
rpl_semi_sync_master_wait_point = AFTER_SYNC
rpl_semi_sync_master_timeout = $((SEMI_SYNC_TIMEOUT_SECONDS * 1000))
# After a crash a replica forgets what no other server may have; a primary keeps it.
rpl_semi_sync_slave_enabled = $replica
init_rpl_role = $role
END
}

has_database() { [[ -d $data/mysql && ! -e $unfinished && ! -e $data/.initialisation-unfinished ]]; }

contents() { find $data -mindepth 1 -maxdepth 1 ! -name lost+found "$@"; }

# An empty primary among members that hold rows is a lost volume, and a new database would be no help.
guard_rows() {
  local peer
  if has_database; then return; fi
  for peer in $(peers); do
    if timeout 3 bash -c "exec 3<>/dev/tcp/$peer/$port" 2>/dev/null; then
      log "ERROR: the primary's volume is empty, and $peer has a database: promote a replica (replication.primary)"
      exit 1
    fi
  done
}

# What an attempt that was cut off left behind is no database; anything else is not ours to remove.
make_room() {
  if [[ -e $unfinished || -e $data/.initialisation-unfinished ]]; then contents -exec rm -rf {} +; fi
  if [[ -n $(contents -print -quit) ]]; then
    log "ERROR: the volume is not empty and holds no database: give an empty one"
    exit 1
  fi
  touch $unfinished && sync $data
}

receive() {
  make_room
  say "Waiting for a copy of the data of $PRIMARY_HOST"
  ask "$PRIMARY_HOST" copy | mbstream -x -C $data || return 1
  # An empty answer is one of a primary that is not yet up.
  [[ -e $data/ibdata1 ]] || return 1
  [[ -e $data/copy-complete ]] || { log "The copy is not complete"; return 1; }
  mariadb-backup --prepare --target-dir=$data 2>/tmp/prepare.log || { tail -5 /tmp/prepare.log >&2; return 1; }
  cut -f3 $data/xtrabackup_binlog_info >$copied
  [[ -s $copied && -n $(<$copied) ]] || { log "The copy has no GTID position"; return 1; }
  (cd $data && rm -f copy-complete backup-my.cnf xtrabackup_* && mv healthcheck-login .my-healthcheck.cnf 2>/dev/null)
  sync && rm $unfinished && sync $data
  log "Copied up to $(<$copied)"
}

fetch() {
  until receive; do
    sleep 2
  done
}

write_settings
if is_primary; then
  guard_rows
elif ! has_database; then
  # In the background, for a shell that waits for a program answers no signal before that has ended.
  trap 'exit 143' TERM
  fetch &
  wait $!
fi

# Sourced by agent.sh: how a replica that was made the primary (replication.primary) becomes one without losing a row.

# Whether nobody else takes writes. A primary that comes back from a node that was away may have been replaced.
unless_superseded() {
  local peer answer
  for peer in $(peers); do
    answer=$(timeout 10 bash -c '. /scripts/common.sh; ask "$0" position' "$peer" 2>/dev/null)
    if [[ $answer == 0* ]]; then
      say "$peer takes writes already: staying read-only"
      return 1
    fi
  done
}

# inquire HOST COMMAND: an answer in time, or nothing.
inquire() { timeout 120 bash -c '. /scripts/common.sh; ask "$0" "$1"' "$1" "$2" 2>/dev/null; }

# reach HOST...: sort the members into `reached` and `missing`.
reach() {
  local host
  reached=() missing=()
  for host; do
    if [[ -n $(timeout 10 bash -c '. /scripts/common.sh; ask "$0" position' "$host" 2>/dev/null) ]]; then
      reached+=("$host")
    else
      missing+=("$host")
    fi
  done
}

# sequence POSITION: the sequence number in domain 0, the one the members write in.
sequence() { tr ',' '\n' <<<"$1" | awk -F- '$1 == 0 { print $3; found = 1 } END { if (!found) print 0 }'; }

# catch_up HOST POSITION: have all that this member has.
catch_up() {
  local own
  own=$(sql --execute='SELECT @@gtid_current_pos') || return 1
  (($(sequence "$2") > $(sequence "$own"))) || return 0
  log "$1 has come to $2, this member to $own: catching up"
  if [[ $(field Master_Host) == "$1" ]]; then
    sql --execute='START REPLICA'
  else
    sql --execute='STOP REPLICA' && follow "$1" MASTER_USE_GTID = slave_pos
  fi
  [[ $(sql --execute="SELECT MASTER_GTID_WAIT($(quoted "$2"), 60)") == 0 ]]
}

# First nobody else takes writes, then this member has all that any other one has, then it opens. The former primary
# comes first: it must be asked as long as it may still answer.
takeover_began=
take_over() {
  local former host answer
  local -a reached missing
  : "${takeover_began:=$SECONDS}"
  former=$(field Master_Host)
  # shellcheck disable=SC2046 # a word an address
  reach ${former:+"$former"} $(peers)
  # The former primary has all that anybody has, so with it nobody else is waited for: addresses of pods that were
  # replaced stay in DNS for a while.
  [[ -n $former ]] || missing+=("the former primary, whose name is not known")
  if [[ -z $former || ${reached[0]-} != "$former" ]]; then
    if ((SECONDS - takeover_began < TAKEOVER_SECONDS)); then
      say "Made the primary; waiting $TAKEOVER_SECONDS s at most for ${missing[*]}"
      return 1
    fi
    log "WARNING: going on without ${missing[*]}, and what only they have"
  fi
  for host in "${reached[@]}"; do
    answer=$(inquire "$host" yield)
    [[ -n $answer ]] || { say "$host did not give way"; return 1; }
    catch_up "$host" "${answer#*$'\t'}" || { say "Still catching up with $host"; return 1; }
  done
  sql --execute='STOP REPLICA; RESET REPLICA ALL'
}

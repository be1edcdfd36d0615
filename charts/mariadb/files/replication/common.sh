# Sourced by the other scripts: who this pod is, who the other members are, and how its server is asked.
# Passwords go by the environment or by standard input, where no list of processes shows them.
set -uo pipefail

readonly data=/var/lib/mysql secrets=/run/secrets/mariadb run=/run/mysqld
readonly port=3306 agent_port=3307
# There while a copy is fetched: what lies in the directory then is no database yet.
readonly unfinished=$data/.copy-unfinished
# The GTID position of a copy that was fetched, until replication was told of it.
readonly copied=$data/.copied-gtid
# There once another member took over: this pod must not open for writes again. A new pod forgets it.
readonly yielded=$run/yielded

log() { printf '%s [%s] %s\n' "$(date --utc +%FT%TZ)" "$(basename "$0" .sh)" "$*" >&2; }

# say TEXT: log it, unless it was the last thing said.
said=
say() { if [[ $1 != "$said" ]]; then log "$1"; fi; said=$1; }

is_primary() { [[ $POD_NAME == "$PRIMARY_POD" ]]; }

# sql [OPTION...]: ask this pod's own server as root.
sql() {
  MYSQL_PWD=$(<$secrets/root-password) timeout 90 mariadb --no-defaults --user=root --protocol=socket \
    --socket=$run/mysqld.sock --batch --skip-column-names "$@"
}

# quoted TEXT: the text as a SQL string, whatever is in it.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# read_status: note what SHOW REPLICA STATUS says, for `field NAME`; nothing at all on a server that follows nobody.
status=
read_status() { status=$(sql --vertical --column-names --execute='SHOW REPLICA STATUS'); }
field() { awk -v name="$1:" '$1 == name { sub(/^ *[^:]*: ?/, ""); print; exit }' <<<"$status"; }

# Whether both threads run.
replicates() { [[ $(field Slave_IO_Running) == Yes && $(field Slave_SQL_Running) == Yes ]]; }

# Wait, SECONDS at most, until all that was received is applied too. What is only received is thrown away when
# replication starts anew, and fetched again: which takes somebody who still has it.
apply_received() {
  local received
  read_status
  received=$(field Gtid_IO_Pos)
  [[ $(field Slave_SQL_Running) == Yes && -n $received ]] || return 0
  [[ $(sql --execute="SELECT MASTER_GTID_WAIT($(quoted "$received"), $1)") == 0 ]]
}

# proof NONCE COMMAND: shows that one knows the replication password, without telling it.
proof() { printf '%s %s %s' "$1" "$2" "$(<$secrets/replication-password)" | sha256sum | cut -d' ' -f1; }

# ask HOST COMMAND: what another member's agent answers (see serve.sh), whatever its length.
ask() {
  local nonce from to
  coproc socat STDIO "TCP:$1:$agent_port,connect-timeout=3,keepalive,keepidle=10,keepintvl=10,keepcnt=3" 2>/dev/null
  # Descriptors of our own: the shell closes the others as soon as socat has ended, read or not.
  exec {from}<&"${COPROC[0]}" {to}>&"${COPROC[1]}"
  IFS= read -r -t 10 nonce <&"$from" || return 1
  printf '%s %s\n' "$2" "$(proof "$nonce" "$2")" >&"$to" || return 1
  cat <&"$from"
}

# The addresses of all members but this one, as DNS has them.
peers() {
  local service
  for service in $SERVICES; do getent ahosts "$service"; done | awk '{ print $1 }' | sort -u | grep -vxF "$POD_IP"
}

#!/bin/bash
# healthcheck.sh TEST...: exit 0 when every named test passes, 1 when one fails, 2 when it is called wrongly.
#
#   --connect                     the server takes connections by TCP; false while the first initialisation runs
#   --innodb_initialized          InnoDB has started
#   --innodb_buffer_pool_loaded   the buffer pool saved at the last shutdown is loaded again
#   --replication                 both threads of the replica run; narrowed by the following
#     --replication_io, --replication_sql, --replication_seconds_behind_master=N, --replication_name=NAME
#   --datadir=DIRECTORY, --defaults-file=FILE, --defaults-extra-file=FILE, --no-defaults   where the login is
#   --su=USER, --su-mysql         taken, and without effect: nobody else's rights are needed
set -eo pipefail

datadir=/var/lib/mysql
login=
replication_name=
tests=()

client() { mariadb ${login:+"$login"} --protocol=tcp --host=127.0.0.1 --connect-timeout=3 --batch --skip-column-names "$@"; }

status() { client -e "SHOW GLOBAL STATUS LIKE '$1'" | cut -f2; }

# Without a login of its own (a data directory from elsewhere) a refused login is an answer as well.
connect() {
  if [[ -n $login ]]; then client -e 'DO 1'; else mariadb-admin --no-defaults --protocol=tcp --host=127.0.0.1 \
    --connect-timeout=3 ping >/dev/null; fi
}

# With a login: any statement that reaches a table of InnoDB's. Without one the server does not take connections
# before InnoDB is up, so connecting says the same.
innodb_initialized() {
  if [[ -z $login ]]; then connect; return; fi
  [[ $(client -e "SELECT 1 FROM information_schema.ENGINES
    WHERE engine = 'InnoDB' AND support IN ('YES', 'DEFAULT')") == 1 ]]
}

innodb_buffer_pool_loaded() { [[ $(status Innodb_buffer_pool_load_status) == *completed* ]]; }

# shellcheck disable=SC2016 # the quotes are SQL's, inside a string of the shell's that expands
replica() {
  client --vertical --column-names -e "SHOW REPLICA ${replication_name:+'$replication_name'} STATUS" |
    awk -v field="$1:" '$1 == field { print $2; exit }'
}
replication_io() { [[ $(replica Slave_IO_Running) == Yes ]]; }
replication_sql() { [[ $(replica Slave_SQL_Running) == Yes ]]; }
replication() { replication_io && replication_sql; }
replication_seconds_behind_master() {
  local behind
  behind=$(replica Seconds_Behind_Master)
  [[ $behind =~ ^[0-9]+$ ]] && ((behind <= $1))
}

for option; do
  value=${option#*=}
  case $option in
    --connect | --innodb_initialized | --innodb_buffer_pool_loaded | --replication | --replication_io | \
      --replication_sql) tests+=("${option#--}") ;;
    --replication_seconds_behind_master=*)
      [[ $value =~ ^[0-9]+$ ]] || { echo "healthcheck.sh: $option: give whole seconds" >&2; exit 2; }
      tests+=("replication_seconds_behind_master $value") ;;
    --replication_name=*) replication_name=${value//\'/} ;;
    --datadir=*) datadir=$value ;;
    --defaults-file=* | --defaults-extra-file=* | --no-defaults) login=$option ;;
    --su=* | --su-mysql) ;;
    *) echo "healthcheck.sh: unknown option $option" >&2; exit 2 ;;
  esac
done
((${#tests[@]})) || { echo "healthcheck.sh: name a test, for instance --connect" >&2; exit 2; }
if [[ -z $login && -r $datadir/.my-healthcheck.cnf ]]; then login=--defaults-file=$datadir/.my-healthcheck.cnf; fi

for check in "${tests[@]}"; do
  # shellcheck disable=SC2086 # a test and its limit are two words
  $check || { echo "healthcheck.sh: $check failed" >&2; exit 1; }
done

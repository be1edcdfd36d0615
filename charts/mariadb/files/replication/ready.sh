#!/bin/bash
# ready.sh: whether clients may come. The primary: it takes writes. A replica: it replicates and is not too far behind.
. /scripts/common.sh

# Nobody listens there, which a network that is cut does not say: there is nothing newer than what this replica has.
# A replica that waited for its primary would hold up the very upgrade that is to mend it.
primary_is_down() {
  timeout 2 bash -c "exec 3<>/dev/tcp/$PRIMARY_HOST/$port" 2>/dev/null
  [[ $? == 1 ]]
}

problem=$(sql --execute='DO 1' 2>&1) || {
  # While passwords are rotated the Secret's files come later than the change, and tell nothing of replication.
  [[ $problem == *1045* ]] && exit 0
  echo "$problem"
  exit 1
}
if is_primary; then
  [[ $(sql --execute='SELECT @@read_only') == 0 ]] || { echo "does not take writes yet"; exit 1; }
  exit
fi
read_status
behind=$(field Seconds_Behind_Master)
if replicates && [[ $behind =~ ^[0-9]+$ ]]; then
  ((behind <= MAX_LAG_SECONDS)) || { echo "$behind s behind $PRIMARY_HOST"; exit 1; }
elif [[ $(field Slave_SQL_Running) != Yes ]] || ! primary_is_down; then
  echo "does not replicate: $(field Last_IO_Error)$(field Last_SQL_Error)"
  exit 1
fi

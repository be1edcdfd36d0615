#!/bin/bash
# claim.sh: whether the claim for the dumps can be written to. BACKUP_DIR comes by the environment.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

file=$(mktemp "$BACKUP_DIR/.writable-XXXXXX") ||
  fail "uid $(id -u) cannot write to the claim for the dumps: give it that owner or group (podSecurityContext.fsGroup)"
rm -- "$file"
log 'the claim for the dumps can be written to'

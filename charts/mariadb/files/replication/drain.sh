#!/bin/bash
# drain.sh: before the server is stopped. Applies what was received from a primary that is gone: nobody could send it
# again, and a replica that is promoted by an upgrade restarts first.
. /scripts/common.sh
read_status
[[ -z $status || $(field Slave_IO_Running) == Yes ]] || apply_received "${1:-30}"
exit 0

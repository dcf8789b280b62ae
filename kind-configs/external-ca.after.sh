#!/bin/sh
# The CA's key goes where a site would keep it: off the node. The lab sets NODES (one name) and STATE (its folder for this cluster).
set -eu
umask 077
docker exec "$NODES" cat /etc/kubernetes/pki/ca.key >"$STATE/ca.key"
docker exec "$NODES" rm /etc/kubernetes/pki/ca.key

#!/bin/sh
# An outside address for the API server: translated by the node, on none of its interfaces, as a cloud's public address is.
# The lab sets NODES (names), ADDRESSES (in the same order) and IMAGE.
set -eu
outside=203.0.113.56
docker exec "$NODES" iptables -t nat -I PREROUTING -d "$outside" -p tcp --dport 6443 -j DNAT --to-destination "$ADDRESSES:6443"
# A container may set the route that this user may not. It goes with the cluster's bridge.
docker run --rm --network host --cap-add NET_ADMIN --entrypoint ip "$IMAGE" route replace "$outside/32" via "$ADDRESSES"

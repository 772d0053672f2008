#!/usr/bin/env bash
# How long two machines that share a wire and a cookie take to become peers: from the start of the second `firn up` until both say so.
#   bench/discovery.sh [RUNS]        needs root on Linux, and iproute2; build first: dotnet build -c Release src/Firn.Cli
set -euo pipefail
runs=${1:-20}
firn=$(dirname "${BASH_SOURCE[0]}")/../src/Firn.Cli/bin/Release/net10.0/Firn.Cli.dll
work=$(mktemp -d)
a=firn-bench-$$-a b=firn-bench-$$-b
clean_up() {
    kill -INT "${first:-}" "${second:-}" 2>/dev/null || true
    wait 2>/dev/null || true
    ip netns delete $a || true
    ip netns delete $b || true
    rm -rf "$work"
}
trap clean_up EXIT
for n in $a $b; do
    ip netns add $n
    ip -n $n link set lo up
done
ip link add veth0 netns $a type veth peer name veth0 netns $b
ip -n $a address add 10.34.81.1/24 dev veth0
ip -n $b address add 10.34.81.2/24 dev veth0
ip -n $a link set veth0 up
ip -n $b link set veth0 up
mkdir -m 700 "$work/a" "$work/b"
FIRN_HOME=$work/a dotnet "$firn" cookie show | FIRN_HOME=$work/b dotnet "$firn" cookie import >/dev/null 2>&1

up() { FIRN_HOME=$work/$2 exec ip netns exec "$1" dotnet "$firn" up --json --name "$2" --exit-with-stdin; }
mkfifo "$work/hold-a"
up $a a <"$work/hold-a" >"$work/a.out" &
first=$!
exec 3>"$work/hold-a"
sleep 6

for ((i = 0; i < runs; i++)); do
    rm -f "$work/hold-b"
    mkfifo "$work/hold-b"
    seen=$(grep -c '"peerUp"' "$work/a.out" || true)
    start=$(date +%s%N)
    up $b b <"$work/hold-b" >"$work/b.out" &
    second=$!
    exec 4>"$work/hold-b"
    until grep -q '"peerUp"' "$work/b.out" && [ "$(grep -c '"peerUp"' "$work/a.out")" -gt "$seen" ]; do sleep 0.01; done
    echo $((($(date +%s%N) - start) / 1000000)) >>"$work/times"
    exec 4>&-
    wait $second || true
done
exec 3>&-
sort -n "$work/times" | awk '{ t[NR] = $1 } END { printf "%d runs: p50 %d ms, least %d ms, most %d ms\n", NR, t[int((NR + 1) / 2)], t[1], t[NR] }'

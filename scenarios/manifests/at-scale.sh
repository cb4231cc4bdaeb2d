# sh at-scale.sh MODE SERVICES [TABLE]: prints TABLE and a line below it: how long a connection to a Service takes (median of 100;
# in iptables to the one whose rule stands last), and how long kube-proxy took for one Service more.
set -eu
on_node() { podwire exec control-plane -- sh -c "$1"; }
syncs() { # how many there were, and the seconds they took together
  on_node 'curl -s http://127.0.0.1:10249/metrics' |
    awk '/^kubeproxy_sync_proxy_rules_duration_seconds_count/ { n = $2 } /^kubeproxy_sync_proxy_rules_duration_seconds_sum/ { s = $2 }
      END { print n, s }'
}

address=$(kubectl --namespace "$NAMESPACE" get service s-1 -o 'jsonpath={.spec.clusterIP}')
[ "$1" != iptables ] || address=$(on_node 'iptables -t nat -S KUBE-SERVICES' | sed -n 's|^-A KUBE-SERVICES -d \(.*\)/32 .* --dport 80 .*|\1|p' | tail -n 1)
connect=$(on_node "curl -s -H 'Connection: close' -o /dev/null -w '%{time_connect}\n' 'http://$address/?[1-100]' | sort -n | sed -n 50p")

before=$(syncs)
kubectl --namespace "$NAMESPACE" expose pod web --name "one-more-than-$2" --port 80 >/dev/null
until now=$(syncs) && [ "${now% *}" != "${before% *}" ]; do sleep 0.1; done
update=$(echo "$before $now" | awk '{ print ($4 - $2) / ($3 - $1) }')

[ -z "${3:-}" ] || echo "$3"
echo "$1 $2 $connect $update" | awk '{ printf "%-9s %5d Services  connect %6.3f ms  update %7.1f ms\n", $1, $2, $3 * 1000, $4 * 1000 }'

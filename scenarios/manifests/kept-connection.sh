# One connection to the Service web, kept: asks, has the pod that answered deleted, and asks again once that is terminating.
set -eu
folder=$(mktemp -d)
trap 'kill $!; rm -r "$folder"' EXIT
mkfifo "$folder/questions"
address=$(kubectl --namespace "$NAMESPACE" get service web -o 'jsonpath={.spec.clusterIP}')
podwire exec "$NAMESPACE/shell" -- bash -c "exec 3<>/dev/tcp/$address/80; cat <&3 & cat >&3" \
  <"$folder/questions" >"$folder/answers" &
exec 3>"$folder/questions"

ask() { # which answer this is, counted from 1
  printf 'GET / HTTP/1.1\r\nHost: web\r\n\r\n' >&3
  until [ "$(grep -c '^pod: ' "$folder/answers")" = "$1" ]; do sleep 0.05; done
  pod=$(sed -n 's/^pod: //p' "$folder/answers" | tail -n 1)
  echo "$pod answers"
}
ask 1
kubectl --namespace "$NAMESPACE" delete pod "$pod" --wait=false
until kubectl --namespace "$NAMESPACE" get endpointslices -o json |
  tr -d ' \n' | grep -q '"ready":false,"serving":true,"terminating":true'; do sleep 0.05; done
echo "$pod is terminating"
ask 2

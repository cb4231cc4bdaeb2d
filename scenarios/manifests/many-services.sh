# sh many-services.sh FIRST LAST: creates the Services s-FIRST to s-LAST, each in front of the pod web. Several at a time, over
# kept connections: `kubectl create` sends one after the other.
set -eu
folder=$(mktemp -d)
trap 'kill $!; rm -r "$folder"' EXIT
kubectl proxy --unix-socket="$folder/api" >"$folder/log" &
until [ -S "$folder/api" ]; do sleep 0.05; done

request=$(cat <<END
next
unix-socket = $folder/api
url = http://localhost/api/v1/namespaces/$NAMESPACE/services
header = Content-Type:application/json
data = {"metadata":{"name":"s-%s"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}
output = /dev/null
fail
END
)
printf "$request\\n" $(seq "$1" "$2") | sed 1d | curl --parallel --parallel-max 16 --no-progress-meter --config -
echo "created: $(($2 - $1 + 1)) Services"

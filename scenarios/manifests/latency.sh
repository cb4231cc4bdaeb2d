# sh -s NAME ADDRESS [BEFORE]: prints BEFORE, and below it the median of 100 requests, each over a connection of its own.
test -z "$3" || echo "$3"
curl -s -H 'Connection: close' -o /dev/null -w '%{time_starttransfer}\n' "http://$2/?[1-100]" | sort -n |
  awk -v name="$1" 'NR == 50 { printf "%-10s %.2f ms\n", name, $1 * 1000 }'

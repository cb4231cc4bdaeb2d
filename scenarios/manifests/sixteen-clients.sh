# sh -s SERVICE NETWORK: sixteen addresses of NETWORK, .201 to .216, lent to lo, stand for sixteen clients; each asks SERVICE twice.
addresses=$(seq -f "${2%.*}.%g" 201 216)
printf 'address replace %s/32 dev lo\n' $addresses | ip -batch -
met=$(printf 'url = http://'"$1"'/\ninterface = %s\nsilent\nheader = "Connection: close"\nnext\n' $addresses $addresses |
  sed '$d' | curl --config - | awk '/^pod:/ { pod = $2 } /^client:/ { sub(/:.*/, "", $2); print $2, pod }' | sort | uniq -c)
printf 'address delete %s/32 dev lo\n' $addresses | ip -batch -
echo "$met"
echo "pods met: $(echo "$met" | awk '{ print $3 }' | sort -u | wc -l)"

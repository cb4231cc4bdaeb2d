# bash -s SERVICE POD: gives POD weight 3, opens two connections to SERVICE, keeps both, and only then asks who has them.
ipvsadm --edit-server -t "$1:80" -r "$2:80" --masquerading --weight 3
exec 3<>"/dev/tcp/$1/80" 4<>"/dev/tcp/$1/80"
for connection in 3 4; do
  printf 'GET / HTTP/1.0\r\n\r\n' >&$connection
  grep ^pod: <&$connection
done
ipvsadm --edit-server -t "$1:80" -r "$2:80" --masquerading --weight 1

# shellcheck shell=bash disable=SC2034
about="strangers send rubbish, halves and endless headers to the clients' port"
bound_ms=1000
rounds=4
! is_long || rounds=40
load_s=$((warm_s + rounds + 2))

# to_node: what comes in, sent to it; gives up when it does not read.
to_node() {
  (timeout 5 cat >"/dev/tcp/127.0.0.1/$client_port") 2>/dev/null
}

upgrade() {
  printf 'GET /v1/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n'
  printf 'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
  printf 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n'
}

strike() {
  local i j
  for i in $(seq "$rounds"); do
    mark
    for j in 1 2 3 4 5; do
      head -c 100000 /dev/urandom | to_node &
      { upgrade && head -c 50000 /dev/urandom; } | to_node &
      # A frame that claims to be 2^63 bytes long.
      { upgrade && printf '\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff'; } |
        to_node &
      { printf 'GET / HTTP/1.1\r\nX: ' && head -c 300000 /dev/zero |
        tr '\0' a; } | to_node &
      # Text that is no UTF-8, masked with zeros.
      { upgrade && printf '\x81\x84\0\0\0\0\xff\xfe\xc0\x80'; } | to_node &
      struck
    done
    pause 1
  done
}

settle() {
  seen="$((rounds * 25)) connections of strangers"
}

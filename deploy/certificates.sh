#!/bin/bash
# Sourced by deploy/cluster and tests/cluster: an authority of one's own and the
# certificates of nodes, in one folder.
#
#   authority_make DIR           ca.pem, ca.key; anew
#   certificate_make DIR NAME    NAME.pem, NAME.key; a no-op when there are some
#   tls_flags DIR NAME           what a node with them is started with; one a line
#
# Each returns 1 and says why when it cannot.

authority_make() {
  command -v openssl >/dev/null || {
    echo "TLS between nodes needs openssl; on Debian: apt-get install openssl" >&2
    return 1
  }
  rm -rf "$1"
  (umask 077 && mkdir -p "$1" && cd "$1" &&
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -keyout ca.key -out ca.pem -days 365 -subj "/CN=nodes" >openssl.log 2>&1) || {
    tail -n 3 "$1/openssl.log" >&2
    return 1
  }
}

certificate_make() {
  [ ! -s "$1/$2.pem" ] || return 0
  (
    umask 077
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -keyout "$1/$2.key" -out "$1/$2.csr" -subj "/CN=$2" &&
      openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.pem" \
        -CAkey "$1/ca.key" -CAcreateserial -days 365 -out "$1/$2.pem"
  ) >"$1/openssl.log" 2>&1 || {
    tail -n 3 "$1/openssl.log" >&2
    return 1
  }
}

tls_flags() {
  printf '%s\n' --set "cluster.certificate_file=$1/$2.pem" \
    --set "cluster.key_file=$1/$2.key" --set "cluster.ca_file=$1/ca.pem"
}

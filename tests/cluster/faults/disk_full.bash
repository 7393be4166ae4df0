# shellcheck shell=bash disable=SC2034
about="the store's disk is full for a while, then freed"
bound_ms=5000
full_s=3
! is_long || full_s=15
load_s=$((warm_s + 2 * (full_s + 2) + 2))
times=2
disk=

prepare() {
  local size=48m # Less than the write-ahead log of SQLite may grow to.
  disk=$world/A
  [ "$store" = sqlite ] || {
    size=224m
    disk=$world/postgres
    postgres_settings=("max_wal_size = 64MB" "min_wal_size = 32MB")
  }
  mkdir -p "$disk"
  mount -t tmpfs -o "size=$size,mode=755" hansom-fault "$disk" 2>/dev/null ||
    cannot "needs to mount a tmpfs: be root"
  services_up
  migrate
  node_start A
}

strike() {
  local i before end
  for i in $(seq "$times"); do
    before=$(probes refused)
    dd if=/dev/zero of="$disk/ballast" bs=64k 2>/dev/null
    dd if=/dev/zero of="$disk/ballast" bs=512 oflag=append conv=notrunc \
      2>/dev/null
    struck
    pause "$full_s"
    end=$(now_us)
    # At first commands wait for the store, then they are refused.
    [ "$(probes refused)" -gt "$before" ] ||
      [ "$(answered $((end - 1000000)) "$end")" = 0 ] ||
      broken "commands were acknowledged; the disk was not full enough to matter"
    rm "$disk/ballast"
    mark
    [ "$i" = "$times" ] || pause 2
  done
}

settle() {
  seen="$(told_to_return) times told to come back, the rest waited"
}

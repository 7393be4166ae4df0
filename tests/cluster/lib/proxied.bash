# shellcheck shell=bash disable=SC2034
# Sourced by faults that put the proxy between node and database.

prepare() {
  services_up
  proxy_up "$postgres_port"
  database_port=$proxy_port
  migrate
  node_start A
}

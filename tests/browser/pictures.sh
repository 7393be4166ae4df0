#!/bin/bash
# Pictures of the console with a living city.
#
#   tests/browser/pictures.sh FOLDER         of a node and a fleet of its own
#   tests/browser/pictures.sh FOLDER DATA    of the node of that data folder,
#                                            such as build/cluster-data/n1 of
#                                            deploy/cluster

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/../integration/common.bash"
# shellcheck source=tests/browser/modules.bash
. "$(dirname "$0")/modules.bash"
# shellcheck source=tests/browser/city.bash
. "$(dirname "$0")/city.bash"

[ $# = 1 ] || [ $# = 2 ] ||
  give_up "usage: tests/browser/pictures.sh FOLDER [DATA]"
mkdir -p "$1" || exit 1
PICTURES=$(cd "$1" && pwd)
data=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
browser_modules || give_up "the browser's modules are missing"

[ -n "$data" ] || live_city
console_link
export PICTURES
node "$here/pictures.mjs" || fail "no pictures"
verdict

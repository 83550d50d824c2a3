#!/bin/sh
# The life of a table through tablectl, and another one made to its spec, on a server with the embedded engine; everything is deleted afterwards.
set -eu

here=$(dirname "$0")
bin=${BIN:-.venv/bin}
scratch=$(mktemp -d)
: >"$scratch/listening" # grep may read the file before the server's shell has created it
"$bin/tableadmin-server" --embedded --listen 127.0.0.1:0 --log-level error >"$scratch/listening" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$scratch"' EXIT INT TERM

tries=0
until grep -q 'listening on' "$scratch/listening"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server"; then
        echo "demo: the server did not start" >&2
        exit 1
    fi
    sleep 0.1
done
TABLEADMIN_SERVER=$(sed 's/.*listening on //' "$scratch/listening")
export TABLEADMIN_SERVER
echo "# tableadmin-server with the embedded engine listens on $TABLEADMIN_SERVER"

step() {
    printf '\n$ tablectl'
    for word in "$@"; do
        case $word in
        *' '*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$bin/tablectl" "$@"
}

step table create Music --hash-key Artist:S --range-key SongTitle:S --read 5 --write 5 --wait
step table update Music --read 10 --write 10 --wait
step index create Music GenreAndPriceIndex --hash-key Genre:S --range-key Price:N --projection ALL \
    --read 10 --write 10 --wait
step table describe Music
step table list
step table delete Music --yes --wait
step apply -f "$here/films.yaml" --yes
step operation list
step table list

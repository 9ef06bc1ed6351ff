#!/bin/sh
# Logs in, opens the stream of a room, sends a message into it, and prints every event until the round ends.
#   PARLEY_PASSWORD=… sh examples/curl.sh 1 "Good evening"
# Needs curl and jq.
set -eu

url=${PARLEY_URL:-http://127.0.0.1:8000}
room=${1:-1}
content=${2:-Good evening}

token=$(
  jq -n --arg password "${PARLEY_PASSWORD:?the password of the server}" '{$password}' |
    curl -fsS "$url/auth/login" -H 'content-type: application/json' -d @- |
    jq -r .api_key
)
[ -n "$token" ] || exit 1

send() {
  jq -n --arg content "$content" '{$content}' |
    curl -fsS "$url/rooms/$room/messages/send" -H "X-API-Key: $token" -H 'content-type: application/json' -d @- |
    jq -r '"sent message \(.id)"'
}

folder=$(mktemp -d)
mkfifo "$folder/events"
curl -fsSN "$url/rooms/$room/stream" -H "X-API-Key: $token" >"$folder/events" &
stream=$!
trap 'kill "$stream" 2>/dev/null || true; rm -r "$folder"' EXIT

# The stream begins with a comment: it is open, and misses no event of the message that goes out now.
while IFS= read -r line; do
  case $line in
    :) [ -n "${sent:-}" ] || send && sent=yes ;;
    'data: '*) printf '%s\n' "${line#data: }" ;;
  esac
  case $line in *'"type":"round_ended"'*) exit 0 ;; esac
done <"$folder/events"
exit 1

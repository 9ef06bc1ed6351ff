#!/usr/bin/env bash
# LiteLLM's proxy, route /v1/messages: words that came right before the upstream broke are lost, at times also the 200.
#
# What one would guess: an answer that breaks off after its first words reaches the client as status 200,
# `message_start`, those words, and an error.
# What happens with litellm 1.108.7 and aiohttp 3.14.5, where headers, words and break come together: the client of
# /v1/messages gets no words. Before the Messages API it gets status 500, as if nothing had come; before an endpoint of
# chat completions it gets 200, `message_start` and an error. If the break comes 300 ms later, the words are there. By
# /v1/chat/completions they always are.
# Why: LiteLLM reads with aiohttp, whose StreamReader raises the error of a broken body before it hands out what it has
# in its buffer. With DISABLE_AIOHTTP_TRANSPORT=True LiteLLM reads with httpx, and the words come.
# Why it matters: the vendor counts these words, and whoever is behind the gateway can neither show nor count them. A
# client that takes a 500 for "nothing happened" asks again and pays twice.
#
# Seen, each five times:
#   Messages API, breaks at once, /v1/messages: 500, no words, error
#   Messages API, breaks after 300 ms, /v1/messages: 200, message_start, words, error
#   Messages API, breaks at once, /v1/chat/completions: 200, words, error
#   chat completions, breaks at once, /v1/messages: 200, message_start, no words, error
#   chat completions, breaks after 300 ms, /v1/messages: 200, message_start, words, error
#   chat completions, breaks at once, /v1/chat/completions: 200, words, error
#   Messages API, breaks at once, /v1/messages, by httpx: 200, message_start, words, error
#   chat completions, breaks at once, /v1/messages, by httpx: 200, message_start, words, error
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv --without-pip venv
# Of the extra `proxy`, what the proxy loads: all of it takes twice as long.
python3 -m pip --python venv/bin/python install --quiet --disable-pip-version-check --no-compile litellm==1.108.7 \
  aiohttp==3.14.5 apscheduler==3.11.3 backoff==2.2.1 cryptography==50.0.2 expression==5.8.0 fastapi==0.165.0 \
  fastapi-sso==0.23.0 mcp==2.3.0 orjson==3.13.0 pyjwt==2.15.1 python-multipart==0.0.34 rich==13.9.4 rq==2.12.0 \
  soundfile==0.14.0 starlette==1.10.0 uvicorn==0.54.0 uvloop==0.23.0 websockets==15.0.1

cat >upstream.py <<'PY'
import json, socket, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

usage = {"input_tokens": 9, "output_tokens": 1}
message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": None, "usage": usage}
messages = [
    {"type": "message_start", "message": {**message, "model": "m", "stop_sequence": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Once upon"}},
]
choice = {"index": 0, "delta": {"role": "assistant", "content": "Once upon"}, "finish_reason": None}
chat = [{"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}]
head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Upstream(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("/messages"):
            said = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in messages).encode()
        else:
            said = "".join(f"data: {json.dumps(e)}\n\n" for e in chat).encode()
        # One chunk, and the connection ends without the last, empty one; the end goes with the chunk or follows it.
        together = asked["model"] == "once"
        self.connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_CORK", 4), together)
        self.connection.sendall(head + b"%x\r\n%s\r\n" % (len(said), said))
        if not together:
            time.sleep(0.3)
        self.connection.shutdown(socket.SHUT_WR)


server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
print(server.server_port, flush=True)
server.serve_forever()
PY
venv/bin/python upstream.py >port &
until [ -s port ]; do sleep 0.1; done
upstream=http://127.0.0.1:$(cat port)
key=sk-not-a-real-key
cat >config.yaml <<YAML
model_list:
  - { model_name: messages-once, litellm_params: { model: anthropic/once, api_base: "$upstream", api_key: $key } }
  - { model_name: messages-later, litellm_params: { model: anthropic/later, api_base: "$upstream", api_key: $key } }
  - { model_name: chat-once, litellm_params: { model: hosted_vllm/once, api_base: "$upstream/v1", api_key: $key } }
  - { model_name: chat-later, litellm_params: { model: hosted_vllm/later, api_base: "$upstream/v1", api_key: $key } }
general_settings: { master_key: $key }
litellm_settings: { telemetry: false }
router_settings: { num_retries: 0, disable_cooldowns: true }
YAML

# Starts a proxy on a free port, with these further variables; its address is then in $proxy.
start() {
  local port
  port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  proxy=http://127.0.0.1:$port
  env "$@" HOME="$dir" LITELLM_LOCAL_MODEL_COST_MAP=True \
    venv/bin/litellm --config config.yaml --host 127.0.0.1 --port "$port" >>log 2>&1 &
}
up() { timeout 60 bash -c "until curl -s -o /dev/null $1/health/liveliness; do sleep 0.2; done"; }

# Asks five times and prints the different outcomes.
ask() {
  local name=$1 proxy=$2 route=$3 model=$4 answer outcome
  for _ in 1 2 3 4 5; do
    answer=$(curl -sN -m 20 -w '\n%{http_code}' "$proxy$route" -H "authorization: Bearer $key" \
      -H 'content-type: application/json' \
      -d '{"model":"'"$model"'","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"Hello"}]}')
    outcome=${answer##*$'\n'}
    [[ $answer == *'event: message_start'* ]] && outcome+=", message_start"
    [[ $answer == *'Once upon'* ]] && outcome+=", words" || outcome+=", no words"
    [[ $answer == *'"error"'* ]] && outcome+=", error"
    echo "$name: $outcome"
  done | sort -u
}

start plain=1
plain=$proxy
up "$plain"
# Starts while the first is asked.
start DISABLE_AIOHTTP_TRANSPORT=True
httpx=$proxy
{
  for kind in messages chat; do
    [ $kind = messages ] && name="Messages API" || name="chat completions"
    ask "$name, breaks at once, /v1/messages" "$plain" /v1/messages $kind-once
    ask "$name, breaks after 300 ms, /v1/messages" "$plain" /v1/messages $kind-later
    ask "$name, breaks at once, /v1/chat/completions" "$plain" /v1/chat/completions $kind-once
  done
  up "$httpx"
  ask "Messages API, breaks at once, /v1/messages, by httpx" "$httpx" /v1/messages messages-once
  ask "chat completions, breaks at once, /v1/messages, by httpx" "$httpx" /v1/messages chat-once
} | tee seen
diff seen - <<'SEEN'
Messages API, breaks at once, /v1/messages: 500, no words, error
Messages API, breaks after 300 ms, /v1/messages: 200, message_start, words, error
Messages API, breaks at once, /v1/chat/completions: 200, words, error
chat completions, breaks at once, /v1/messages: 200, message_start, no words, error
chat completions, breaks after 300 ms, /v1/messages: 200, message_start, words, error
chat completions, breaks at once, /v1/chat/completions: 200, words, error
Messages API, breaks at once, /v1/messages, by httpx: 200, message_start, words, error
chat completions, breaks at once, /v1/messages, by httpx: 200, message_start, words, error
SEEN

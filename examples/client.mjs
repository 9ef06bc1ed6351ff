// Logs in, sends a message into a room, and prints what the agents say, word by word, until the round ends.
//   npm run build
//   PARLEY_PASSWORD=… node examples/client.mjs 1 "Good evening"
// In a project of your own, `npm install <the folder of Parley>` comes first.
import { connect, Refused } from "parley/client"

const url = process.env.PARLEY_URL ?? "http://127.0.0.1:8000"
const [room = "1", content = "Good evening"] = process.argv.slice(2)
const path = { room_id: Number(room) }

/** @param {string} password */
const talk = async (password) => {
  const { api_key: token } = await connect({ url }).auth.login({ payload: { password } })
  const parley = connect({ url, token })

  // The message goes out once the stream is open, so that no event of its round is missed.
  const stop = new AbortController()
  /** @type {Promise<unknown> | undefined} */
  let sent
  const onOpen = () => {
    sent ??= parley.messages.send({ path, payload: { content } })
    sent.catch(() => stop.abort())
  }

  for await (const event of parley.follow(path.room_id, { onOpen, signal: stop.signal })) {
    if (event.type === "stream_start") process.stdout.write(`\n${event.agent_name}: ${event.response_text}`)
    if (event.type === "content_delta") process.stdout.write(event.delta)
    if (event.type === "stream_end" && event.skipped) process.stdout.write("(stays silent)")
    if (event.type === "round_ended") break
  }
  await sent
  process.stdout.write("\n")
}

await talk(process.env.PARLEY_PASSWORD ?? "").catch((error) => {
  console.error(error instanceof Refused ? `${error.status} ${error.tag}: ${error.message}` : error)
  process.exitCode = 1
})

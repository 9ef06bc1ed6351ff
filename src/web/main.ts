import { makeAccount } from "./account.ts"
import { client, session } from "./api.ts"
import { makeComposer } from "./composer.ts"
import { byId, say } from "./dom.ts"
import { makeFeed } from "./feed.ts"
import { type Identity, makeLogin } from "./login.ts"
import { explain } from "./refusals.ts"
import { type OpenRoom, openRoom } from "./room.ts"
import { makeNewRoom, markSeen, showRooms } from "./rooms.ts"
import { makeRoster } from "./roster.ts"
import { makeSearch } from "./search.ts"
import { makeSettings } from "./settings.ts"
import { makeSide } from "./side.ts"
import type { RoomSummary } from "./wire.ts"
import { chooseLanguage, language, translatePage, words } from "./words.ts"

const refreshMillis = 20_000

translatePage()

const house = byId("house", HTMLElement)
const stage = byId("room", HTMLElement)
const welcome = byId("welcome", HTMLElement)
const problem = byId("problem", HTMLElement)
const banner = byId("script-banner", HTMLElement)
const isWide = matchMedia("(min-width: 48rem)")

const feed = makeFeed()
let rooms: ReadonlyArray<RoomSummary> = []
let open: OpenRoom | null = null
let who: Identity = { role: "guest" }

const complain = (error: unknown) => say(problem, explain(error))
const trying = (work: () => Promise<unknown>) => () => void work().catch(complain)

const list = () => showRooms(rooms, open?.id ?? null)

const showBanner = async (room: RoomSummary) => {
  const { providers } = await client.system.providers()
  const isModel = providers.find(({ name }) => name === room.default_provider)?.is_model ?? true
  const models = providers.flatMap(({ available, is_model, name }) => (available && is_model ? name : []))
  if (open?.id === room.id) say(banner, words.scriptBanner(isModel, models))
}

const side = makeSide({ room: () => open, failed: complain })

const leave = (reason: string | null = null) => {
  open?.close()
  open = null
  stage.hidden = true
  welcome.hidden = false
  delete house.dataset.room
  document.title = "Parley"
  say(problem, reason)
  list()
}

const enter = (room: RoomSummary) => {
  leave()
  stage.hidden = false
  welcome.hidden = true
  banner.hidden = true
  house.dataset.room = String(room.id)
  open = openRoom(room, {
    feed,
    mention: composer.mention,
    changed: (newer) => {
      markSeen(newer)
      rooms = rooms.map((one) => (one.id === newer.id ? newer : one))
      list()
    },
    seated: side.seated,
    happened: side.happened,
    gone: (reason) => {
      history.replaceState(null, "", location.pathname)
      rooms = rooms.filter(({ id }) => id !== room.id)
      leave(reason)
    },
    failed: complain
  })
  list()
  void showBanner(room).catch(complain)
  side.entered()
  if (isWide.matches) byId("write", HTMLElement).focus()
  else byId("room-name", HTMLElement).focus()
}

const route = () => {
  if (house.hidden) return
  const [, ofRoom, ofMessage] = /^#room=(\d+)(?:&message=(\d+))?$/.exec(location.hash) ?? []
  const wanted = Number(ofRoom)
  const room = rooms.find(({ id }) => id === wanted) ?? (isWide.matches ? rooms[0] : undefined)
  if (room === undefined) {
    side.close()
    leave()
    return
  }
  history.replaceState(null, "", `#room=${room.id}`)
  if (room.id !== open?.id) enter(room)
  if (room.id === wanted && ofMessage !== undefined) open?.reveal(Number(ofMessage))
}

const refresh = async () => {
  rooms = await client.rooms.list()
  const current = rooms.find(({ id }) => id === open?.id)
  if (current) open?.showRoom(current)
  list()
}

const composer = makeComposer({
  room: () => open?.id ?? null,
  sending: () => say(problem, null),
  sent: (room, message) => {
    if (open?.id !== room) return
    feed.goToEnd()
    feed.add(message)
    open.showState()
  },
  failed: complain
})

const login = makeLogin({
  asking: () => {
    house.hidden = true
  },
  entered: (identity) => {
    who = identity
    house.hidden = false
    byId("my-role", HTMLElement).textContent = words.role(who.role)
    void refresh().then(route, complain)
  }
})

const ask = (reason: string | null) => {
  side.close()
  for (const dialog of document.querySelectorAll("dialog")) dialog.close()
  leave()
  login.ask(reason)
}
session.onLost = () => ask(words.loginEnded)

const signOut = async () => {
  await client.auth.logout()
  ask(null)
}

const goTo = (room: number, notice: string | null) => {
  const show = () => {
    location.hash = `#room=${room}`
    route()
    say(problem, notice)
  }
  void refresh().then(show, complain)
}

const alone = async (agent_id: number) => {
  const { id } = await client.agents.directRoom({ path: { agent_id } })
  goTo(id, null)
}

const openNewRoom = makeNewRoom({ made: goTo, alone })
const openRoster = makeRoster({ room: () => open, isAdmin: () => who.role === "admin", alone, failed: complain })
const openSettings = makeSettings({ room: () => open, mayRemove: () => who.role === "admin" })
const openAccount = makeAccount(() => ask(null))
const openSearch = makeSearch({
  room: () => open?.id ?? null,
  nameOf: (id) => rooms.find((room) => room.id === id)?.name ?? ""
})
const languages = byId("language", HTMLSelectElement)
languages.value = language

byId("new-room-open", HTMLElement).addEventListener("click", trying(openNewRoom))
byId("roster-open", HTMLElement).addEventListener("click", trying(openRoster))
byId("settings-open", HTMLElement).addEventListener("click", openSettings)
byId("account-open", HTMLElement).addEventListener("click", openAccount)
byId("search-open", HTMLElement).addEventListener("click", () => openSearch("all"))
byId("search-here", HTMLElement).addEventListener("click", () => openSearch("room"))
languages.addEventListener("change", () => chooseLanguage(languages.value))
byId("go-on", HTMLElement).addEventListener("click", () => {
  if (open?.isOverBudget()) openSettings()
  else void open?.goOn()
})
byId("pause", HTMLElement).addEventListener("click", () => void open?.turnPause())
byId("earlier", HTMLElement).addEventListener("click", () => void open?.readEarlier())
byId("sign-out", HTMLElement).addEventListener("click", trying(signOut))
byId("skip", HTMLElement).addEventListener("click", (event) => {
  // The address names the room, not the place in the page.
  event.preventDefault()
  byId("write", HTMLElement).focus()
})
window.addEventListener("hashchange", route)
setInterval(() => {
  if (!document.hidden && !house.hidden) void refresh().catch(() => {})
}, refreshMillis)

login.begin()

import type { RoomSettings } from "../../domain/RoomSettings.ts"

interface Wording {
  readonly label: string
  readonly hint?: string
  readonly choices?: Readonly<Record<string, string>>
}

type Wordings = Readonly<Record<keyof RoomSettings | "name" | "provider" | "model", Wording>>

interface Settings {
  readonly groups: Readonly<Record<"room" | "models" | "talk" | "limits" | "budget" | "alone", string>>
  readonly fields: Wordings
  readonly noLimit: string
}

const choices = (policies: ReadonlyArray<string>, arrivals: ReadonlyArray<string>) => {
  const [priority = "", round_robin = "", mentioned_only = "", concurrent = ""] = policies
  const [interrupt = "", enqueue = "", reject = ""] = arrivals
  return { policy: { priority, round_robin, mentioned_only, concurrent }, arrival: { interrupt, enqueue, reject } }
}

const inEnglish = choices(
  [
    "By priority, the others by lot",
    "One after the other, always in the same order",
    "Only those who are mentioned",
    "All at once, without hearing each other"
  ],
  ["Interrupts it, and is answered at once", "Waits until the turn is over", "Is refused until the room is quiet"]
)

const inKorean = choices(
  ["우선순위대로, 나머지는 무작위로", "늘 같은 순서로 한 명씩", "멘션된 에이전트만", "서로 듣지 않고 한꺼번에"],
  ["진행을 멈추고 바로 답합니다", "지금 차례가 끝날 때까지 기다립니다", "조용해질 때까지 받지 않습니다"]
)

export const english: Settings = {
  groups: {
    room: "Room",
    models: "What the agents speak with",
    talk: "Who speaks when",
    limits: "Limits",
    budget: "Budget",
    alone: "By themselves"
  },
  noLimit: "no limit",
  fields: {
    name: { label: "Name" },
    provider: { label: "Provider", hint: "For agents that name none themselves." },
    model: { label: "Model", hint: "Empty: the provider's own choice." },
    turn_policy: { label: "Order of the agents", choices: inEnglish.policy },
    double_text: { label: "A message during a round", choices: inEnglish.arrival },
    someone_answers: {
      label: "Somebody always answers a person",
      hint: "If everybody else stays silent, the last one asked has to answer."
    },
    max_interactions: { label: "Replies in this room", hint: "All replies it will ever hold. Empty: no limit." },
    max_messages: { label: "Replies to one message" },
    max_follow_ups: { label: "Passes after the first", hint: "How often they may answer each other." },
    budget_tokens: {
      label: "Tokens",
      hint: "Sent, received and cached; at least what one turn needs. Empty: no limit."
    },
    budget_usd: {
      label: "US dollars",
      hint: "0.05 at least. Before a budget is passed the room pauses. Empty: no limit."
    },
    autonomous: { label: "The agents may go on without a person", hint: "Off: an idle room never calls a model." },
    autonomous_every: { label: "Seconds of quiet before they do", hint: "Doubled by each such round." },
    autonomous_ceiling: { label: "Longest quiet, in seconds" },
    autonomous_max_rounds: { label: "Such rounds until a person speaks" }
  }
}

export const korean: Settings = {
  groups: {
    room: "방",
    models: "에이전트의 모델",
    talk: "누가 언제 말하나",
    limits: "한도",
    budget: "예산",
    alone: "에이전트끼리"
  },
  noLimit: "제한 없음",
  fields: {
    name: { label: "이름" },
    provider: { label: "제공자", hint: "스스로 정한 제공자가 없는 에이전트에게 쓰입니다." },
    model: { label: "모델", hint: "비우면 제공자가 정합니다." },
    turn_policy: { label: "에이전트의 순서", choices: inKorean.policy },
    double_text: { label: "라운드 중에 온 메시지", choices: inKorean.arrival },
    someone_answers: {
      label: "사람의 말에는 누군가 꼭 답함",
      hint: "모두 할 말이 없다고 하면 마지막 에이전트는 답해야 합니다."
    },
    max_interactions: { label: "이 방의 답변 수", hint: "방 전체의 답변 한도입니다. 비우면 제한이 없습니다." },
    max_messages: { label: "메시지 하나에 대한 답변 수" },
    max_follow_ups: { label: "첫 순서 뒤의 반복 횟수", hint: "서로에게 몇 번까지 답할 수 있는지입니다." },
    budget_tokens: {
      label: "토큰",
      hint: "보낸 것, 받은 것, 캐시를 모두 셉니다. 적어도 한 차례에 필요한 만큼이어야 하고, 비우면 제한이 없습니다."
    },
    budget_usd: {
      label: "미국 달러",
      hint: "0.05 이상이어야 합니다. 예산을 넘기 전에 방이 멈춥니다. 비우면 제한이 없습니다."
    },
    autonomous: { label: "사람 없이도 대화를 이어 갈 수 있음", hint: "끄면 조용한 방은 모델을 부르지 않습니다." },
    autonomous_every: { label: "이어 가기 전의 침묵(초)", hint: "그런 라운드마다 두 배가 됩니다." },
    autonomous_ceiling: { label: "가장 긴 침묵(초)" },
    autonomous_max_rounds: { label: "사람이 말하기 전까지의 라운드 수" }
  }
}

import type { WaitReason } from "../../domain/ProviderState.ts"
import type { Outcome, Reason, StopReason } from "../../domain/Round.ts"
import type { TurnError } from "../../domain/TurnError.ts"
import { failureIn } from "./failure.ts"
import type { Words } from "./en.ts"

// After 님 every particle has one form, whatever the name ends in.
const names = (all: ReadonlyArray<string>) => all.map((name) => `${name} 님`).join(", ")

const stopped: Readonly<Record<StopReason, string | null>> = {
  complete: "라운드가 끝났습니다.",
  everyone_skipped: "아무도 덧붙일 말이 없었습니다.",
  max_interactions: "방의 답변 한도에 이르렀습니다. 계속하려면 설정에서 한도를 올리세요.",
  max_messages: "이번 라운드의 답변 한도에 이르렀습니다.",
  max_rounds: "라운드가 허용된 만큼 이어졌습니다.",
  budget: "예산이 모자라 다음 차례로 넘어가지 못합니다. 방이 멈췄습니다.",
  loop_guard: "이야기가 제자리를 맴돌아 멈췄습니다.",
  paused: null,
  interrupted: null,
  provider_unavailable: "지금은 제공자에 연결할 수 없습니다.",
  no_agents: "아직 이 방에 에이전트가 없습니다. “에이전트”에서 앉히세요.",
  nobody_mentioned: "이 방에서는 멘션된 에이전트만 답합니다. @이름이나 @모두로 불러 보세요.",
  set_aside: "이 라운드는 보류되었습니다. “계속”을 누르면 다시 시도합니다."
}

const failures: Readonly<Record<TurnError["_tag"], string>> = {
  RateLimited: "제공자가 요청 사이에 쉬라고 합니다",
  Overloaded: "제공자가 너무 바쁩니다",
  ServerFailed: "제공자가 이 요청을 처리하지 못했습니다",
  Unreachable: "제공자에 연결할 수 없습니다. 주소와 실행 여부를 확인하세요",
  Unauthorized: "제공자가 키를 받아들이지 않았습니다. 설정의 키를 확인하세요",
  QuotaExhausted: "제공자 계정에 남은 크레딧이 없습니다. 충전하거나 다른 제공자를 고르세요",
  ModelUnknown: "제공자에 이 모델이 없습니다. 방에 다른 모델을 고르세요",
  Refused: "모델이나 그 앞의 필터가 답하지 않습니다",
  SessionLost: "모델의 세션을 잃었습니다",
  ContextExceeded: "대화가 모델이 읽을 수 있는 길이를 넘었습니다",
  ImagesRefused: "모델이 그림을 받지 않습니다",
  InvalidRequest: "제공자가 요청을 받아들이지 않았습니다",
  TimedOut: "제공자의 응답이 너무 늦었습니다",
  Unreadable: "제공자의 응답에 쓸 수 있는 내용이 없습니다",
  Crashed: "제공자와의 연결이 끊겼습니다",
  TooManyToolCalls: "모델이 도구 호출을 멈추지 않았습니다",
  TooLong: "모델의 답변이 끝나지 않았습니다",
  PoolBusy: "새 세션을 열 자리가 없었습니다"
}

const waits: Readonly<Record<WaitReason, string>> = {
  rate_limited: "요청 한도",
  overloaded: "과부하",
  server_failed: "처리 실패",
  unreachable: "연결할 수 없음",
  unreadable: "쓸 수 없는 응답",
  crashed: "연결 끊김",
  timed_out: "응답 지연",
  busy: "앞선 차례가 있음"
}

const failure = failureIn(failures, "문제가 생겼습니다")

const outcomes: Readonly<Record<Outcome, string>> = {
  replied: "답변함",
  skipped: "덧붙일 말 없음",
  failed: "답하지 못함",
  interrupted: "중단됨",
  discarded: "새 메시지에 밀려 버려짐"
}

const reasons: Readonly<Record<Reason, string>> = {
  interrupts: "모든 답변 뒤에 말함",
  mentioned: "멘션됨",
  first: "다른 이보다 먼저",
  shuffled: "무작위",
  last: "다른 이보다 나중",
  in_turn: "다음 차례",
  together: "다른 이와 함께",
  final: "마지막 한마디",
  critic: "비평가로서 돌아봄"
}

export const korean: Words = {
  failure,
  outcomes,
  reasons,
  stopped: (reason, detail) => {
    const text = stopped[reason]
    return text === null || detail === null ? text : `${text} (${detail})`
  },
  stops: {
    complete: "완료",
    everyone_skipped: "아무도 덧붙일 말이 없음",
    max_interactions: "방의 답변 한도",
    max_messages: "메시지당 답변 한도",
    max_rounds: "반복 한도",
    budget: "예산",
    loop_guard: "제자리를 맴돎",
    paused: "일시정지",
    interrupted: "중단됨",
    provider_unavailable: "제공자에 연결할 수 없음",
    no_agents: "에이전트 없음",
    nobody_mentioned: "멘션된 에이전트 없음",
    set_aside: "보류됨"
  },
  underWay: "진행 중",
  outcome: (who, result, error) => {
    if (result === "failed") return `${who} 님이 답하지 못했습니다: ${failure(error)}.`
    if (result === "discarded") return `${who} 님이 하던 말은 새 메시지에 밀려 버려졌습니다.`
    return null
  },
  skipped: (who) => `${names(who)}은 덧붙일 말이 없었습니다.`,
  scriptBanner: (isModel, models) => {
    if (isModel) return null
    const remedy =
      models.length > 0
        ? `모델이 말하게 하려면 ${models.join(", ")}(으)로 새 방을 만드세요.`
        : "모델이 말하게 하려면 ANTHROPIC_API_KEY를 설정하고 서버를 다시 시작하세요."
    return `이 답변은 모델이 아니라 대본에서 나옵니다. ${remedy}`
  },
  waits: (provider, reason, until) =>
    `${until === null ? "" : `${until}까지 `}${provider} 기다리는 중 (${waits[reason]})`,
  offline: "연결이 끊겼습니다. 다시 시도하는 중…",
  paused: "일시정지됨. 방을 다시 열기 전에는 아무도 말하지 않으며, 지금 쓴 글에는 그때 답합니다.",
  overBudget: "예산 때문에 멈췄습니다. 예산을 올리거나 없앤 뒤 다시 여세요.",
  circles: (detail) => `제자리를 맴돌고 있습니다(${detail}). 글을 쓰거나 계속하게 하세요.`,
  speaking: (who) => (who.length > 0 ? `${names(who)}이 말하고 있습니다.` : ""),
  thinking: (who) => (who.length > 0 ? `${names(who)}이 생각하고 있습니다.` : ""),
  next: (who) => (who.length > 0 ? `다음: ${names(who)}.` : ""),
  atIt: ", 지금 차례",
  isNext: ", 다음 차례",
  pause: "일시정지",
  resume: "다시 열기",
  goOn: "계속",
  goOnTitle: "사람의 말 없이 에이전트들이 계속하게 합니다",
  budgets: "예산",
  deleted: "이 방은 삭제되었습니다.",
  loginEnded: "로그인이 끝났습니다. 다시 들어오세요.",
  role: (role) => `${role}(으)로 접속 중`,
  unread: "읽지 않음",
  unreadFeedback: ", 새 글 있음",
  pausedMark: "일시정지 · ",
  isScript: (provider) => `${provider} (모델이 아닌 대본)`,
  situation: "상황",
  you: "나",
  unknown: "알 수 없음",
  thoughts: "생각",
  cuts: {
    stop: null,
    length: "토큰 한도에서 잘림",
    refusal: "모델이 거부해 끊김",
    filter: "필터에 걸려 끊김",
    paused: "제공자가 멈춤",
    interrupted: "끊김",
    error: "오류로 끊김"
  },
  mention: (name) => `${name} 님 멘션`,
  nothingSaid: "아직 아무 말도 없습니다. 이 방에는:",
  nobodySits: "아직 에이전트가 없습니다.",
  howToWrite: "글을 쓰면 차례로 답합니다. @이름으로 먼저 부를 수 있습니다.",
  howToSeat: "위의 “에이전트”에서 한 명 이상 앉히세요.",
  noGroup: "그룹 없음",
  noAgents: "아직 에이전트가 없습니다. agents/ 안의 마크다운 폴더 하나가 에이전트 하나입니다.",
  answered: (status) => `서버가 ${status}로 답했습니다`,
  trace: (id) => ` (추적 ${id})`,
  tooMany: (seconds) => `한꺼번에 너무 많이 요청했습니다. ${seconds}초 뒤에 다시 시도하세요.`,
  refusals: {
    RoomBusy: "방이 아직 답하는 중입니다. 조용해지면 다시 시도하세요.",
    RoomPaused: "방이 멈춰 있습니다. 먼저 다시 여세요.",
    WriteRefused: "서버에 쓸 것이 너무 밀려 있습니다. 잠시 뒤 다시 시도하세요.",
    StorageFull: "서버의 디스크가 가득 차서 저장하지 못했습니다. 공간이 생기면 곧 이어집니다.",
    "StorageUnavailable.locked":
      "다른 프로그램이 서버의 데이터베이스를 쓰고 있어 저장하지 못했습니다. 잠시 뒤 다시 시도하세요.",
    "StorageUnavailable.failing": "서버의 디스크가 응답하지 않아 저장하지 못했습니다. 잠시 뒤 다시 시도하세요.",
    StorageUnavailable: "서버 관리자가 데이터베이스를 고쳐야 합니다. 저장하지 못했습니다."
  },
  turns: (number) => `차례 ${number}번`,
  replies: (number) => `답변 ${number}개`,
  tokens: (number) => `토큰 ${number}개`,
  spentOf: (spent, budget) => `${budget} 중 ${spent}`,
  noBudget: (spent) => `${spent}, 예산 없음`,
  parts: (sent, received, cached) => `보냄 ${sent} · 받음 ${received} · 캐시 ${cached}`,
  setAside: (number) => `잡아 둠 ${number}`,
  money: "금액",
  tokensTitle: "토큰",
  whole: "방 전체",
  kinds: { message: "메시지에 답해", continue: "계속하라는 요청", autonomous: "에이전트끼리" },
  notReached: "차례가 오지 않음",
  firstToken: (millis) => `첫 토큰까지 ${millis} ms`,
  took: (millis) => `모두 ${millis} ms`,
  traceOf: "추적",
  causeTrace: "요청 추적",
  seed: (seed) => `시드 ${seed}`,
  unknownMentions: (who) => `여기에는 ${who.join(", ")}(이)라는 이름이 없습니다.`,
  allowed: (values) => `쓸 수 있는 값: ${values}.`,
  checkFields: "저장하지 않았습니다. 아래에 고칠 것이 있습니다."
}

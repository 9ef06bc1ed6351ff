export const english = {
  attach: "Attach pictures",
  list: "Pictures to send",
  attached: (number: number) => `Picture ${number}, not sent yet`,
  remove: (number: number) => `Remove picture ${number}`,
  tooMany: (most: number) => `A message can have at most ${most} pictures.`,
  unreadable: (name: string) => `“${name}” is not a picture that can be shown.`,
  shown: (number: number, count: number, who: string) =>
    count === 1 ? `Picture from ${who}` : `Picture ${number} of ${count} from ${who}`,
  count: (count: number) => (count === 1 ? "a picture" : `${count} pictures`)
}

export const korean: typeof english = {
  attach: "사진 첨부",
  list: "보낼 사진",
  attached: (number) => `사진 ${number}, 아직 보내지 않음`,
  remove: (number) => `사진 ${number} 빼기`,
  tooMany: (most) => `메시지 하나에 사진은 최대 ${most}장까지 넣을 수 있습니다.`,
  unreadable: (name) => `“${name}” 파일은 사진으로 표시할 수 없습니다.`,
  shown: (number, count, who) => (count === 1 ? `${who} 님의 사진` : `${who} 님의 사진 ${count}장 중 ${number}번째`),
  count: (count) => `사진 ${count}장`
}

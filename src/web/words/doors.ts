export const english = {
  outOfReach: "That message is too far up to be shown among the others.",
  found: (count: number, isAll: boolean) => {
    if (count === 0) return isAll ? "Nothing found." : "Nothing found so far."
    return `${count} found${isAll ? "." : " so far."}`
  },
  notARoom: "This is no file of a room that Parley has written.",
  notTaken: (place: string, why: string) => `This file cannot be taken. ${place}: ${why}`,
  timesMoved: (count: number) =>
    `${count === 1 ? "A time" : `${count} times`} in it had not come yet and became that of the import.`,
  missing: (who: ReadonlyArray<string>) =>
    `Not here: ${who.join(", ")}. What they said is kept under their names; they cannot speak.`,
  willBeGone: (name: string) =>
    `“${name}” will be gone, and all that was said in it. A file of it can be saved before.`,
  linkLasts: (minutes: number) => `It works once, and for ${minutes} minutes.`,
  copied: "The link is copied.",
  notCopied: "The link is selected: copy it.",
  edit: (name: string) => `Change ${name}`,
  alone: (name: string) => `Talk alone with ${name}`,
  newAgent: "A new agent",
  willRetire: (name: string) =>
    `${name} will not speak any more, in any room. What was said keeps the name, and the folder goes to .removed.`,
  send: "Send",
  sendIn: (seconds: number) => `Send in ${seconds} s`,
  mayAgain: "Your message can be sent now."
}

export const korean: typeof english = {
  outOfReach: "그 메시지는 너무 위에 있어 함께 보여 줄 수 없습니다.",
  found: (count, isAll) => {
    if (count === 0) return isAll ? "찾은 것이 없습니다." : "아직 찾은 것이 없습니다."
    return isAll ? `${count}개를 찾았습니다.` : `지금까지 ${count}개를 찾았습니다.`
  },
  notARoom: "Parley가 만든 방 파일이 아닙니다.",
  notTaken: (place, why) => `이 파일은 가져올 수 없습니다. ${place}: ${why}`,
  timesMoved: (count) => `아직 오지 않은 시각 ${count}개를 가져온 시각으로 바꾸었습니다.`,
  missing: (who) => `여기에 없는 에이전트: ${who.join(", ")}. 한 말은 이름과 함께 남지만, 말을 할 수는 없습니다.`,
  willBeGone: (name) => `“${name}” 방과 그 안의 모든 말이 사라집니다. 그 전에 파일로 저장할 수 있습니다.`,
  linkLasts: (minutes) => `한 번만, ${minutes}분 동안 쓸 수 있습니다.`,
  copied: "링크를 복사했습니다.",
  notCopied: "링크를 선택했습니다. 복사하세요.",
  edit: (name) => `${name} 바꾸기`,
  alone: (name) => `${name} 님과 둘이 이야기하기`,
  newAgent: "새 에이전트",
  willRetire: (name) =>
    `${name} 님은 이제 어느 방에서도 말하지 않습니다. 한 말은 이름과 함께 남고, 폴더는 .removed로 옮겨집니다.`,
  send: "보내기",
  sendIn: (seconds) => `${seconds}초 뒤 보내기`,
  mayAgain: "이제 메시지를 보낼 수 있습니다."
}

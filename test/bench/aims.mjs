// What a row has to keep to: in words, and whether it does.
export const times = (most) => ({ text: `CPU <= ${most}x`, met: ({ ratio }) => ratio <= most })
export const added = (most) => ({
  text: `adds <= ${most} ms`,
  met: ({ ceiling, ours }) => ours.wall - ceiling.wall <= most
})
export const addedCpu = (most) => ({
  text: `adds <= ${most} us CPU`,
  met: ({ ceiling, ours }) => ours.cpu - ceiling.cpu <= most
})
export const raised = (percent) => ({
  text: `<= ${percent} % more`,
  met: ({ ceiling, ours }) => ours.wall <= ceiling.wall * (1 + percent / 100)
})
export const atMostTimes = (most) => ({
  text: `<= ${most}x`,
  met: ({ ceiling, ours }) => ours.wall <= most * ceiling.wall
})
export const raisedCpu = (percent) => ({
  text: `CPU <= ${1 + percent / 100}x`,
  met: ({ ratio }) => ratio <= 1 + percent / 100
})
export const told = { text: "", met: () => true }
export const most = (limit, unit) => ({ text: `<= ${limit} ${unit}`, met: ({ ours }) => ours.wall <= limit })
export const mostCpu = (ms) => ({
  text: `CPU <= ${ms} ms`,
  met: ({ ours }) => ours.cpu <= ms * 1000
})
export const atLeast = (limit, unit) => ({ text: `>= ${limit}${unit}`, met: ({ ours }) => ours.wall >= limit })

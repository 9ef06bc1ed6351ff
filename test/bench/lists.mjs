// Work that is done some number of times.
/** In order, each when the one before is done. */
export const inOrder = ([first, ...rest], work, done = []) =>
  first === undefined ? done : work(first).then((result) => inOrder(rest, work, [...done, result]))

/** From 1 to `count`. */
export const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1)

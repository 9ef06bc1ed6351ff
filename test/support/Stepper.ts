import type { Scheduler } from "effect"

/** Runs one task at a time, when told, and has a fiber yield once: at its nth step from when it was armed. */
export class Stepper implements Scheduler.Scheduler {
  private readonly tasks: Array<() => void> = []
  private left = Infinity
  arm(step: number) {
    this.left = step
  }
  shouldYield() {
    return --this.left === 0 ? 0 : false
  }
  scheduleTask(task: () => void) {
    this.tasks.push(task)
  }
  run(most: number) {
    for (let count = 0; count < most; count++) this.tasks.shift()?.()
  }
}

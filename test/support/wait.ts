import { setTimeout as delay } from 'node:timers/promises'

/** Asks until `isTrue`, or rejects after `withinMs` saying what was waited for. */
export async function waitFor(
  what: string,
  isTrue: () => Promise<boolean> | boolean,
  withinMs = 120_000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`)
    await delay(50)
  }
}

import { type Money, splitMoney } from '../domain/money.js'

/** A pod that ran in the window. */
export interface RunningPod {
  readonly namespace: string
  readonly pod: string
  /** Of its longest container, at most 1. */
  readonly hours: number
  /** How many container rows its amounts are spread over. */
  readonly rows: number
}

/** The pods behind some container rows, by `podKey` and in its order, which decides who gets the last unit of a split. */
export function podsOf(
  containers: readonly { namespace: string; pod: string; hours: number }[],
): Map<string, RunningPod> {
  const pods = new Map<string, RunningPod>()
  for (const { namespace, pod, hours } of containers) {
    const key = podKey(namespace, pod)
    const known = pods.get(key)
    pods.set(key, {
      namespace,
      pod,
      hours: Math.max(known?.hours ?? 0, hours),
      rows: (known?.rows ?? 0) + 1,
    })
  }
  return new Map([...pods].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function podKey(namespace: string, pod: string): string {
  return `${namespace}\0${pod}`
}

/** An amount of a pod with its quantity. */
export interface PodAmount {
  cost: Money
  quantity: number
}

/** Adds to what a pod has to bear. */
export function addAmount(amounts: Map<string, PodAmount>, key: string, cost: Money, quantity: number): void {
  const known = amounts.get(key)
  if (known) {
    known.cost += cost
    known.quantity += quantity
  } else amounts.set(key, { cost, quantity })
}

/** Deals a pod's amounts out to its container rows, evenly and to the last digit: call it once per row. */
export class Spread {
  readonly #amounts: ReadonlyMap<string, PodAmount>
  readonly #pods: ReadonlyMap<string, RunningPod>
  readonly #shares = new Map<string, Money[]>()

  constructor(amounts: ReadonlyMap<string, PodAmount>, pods: ReadonlyMap<string, RunningPod>) {
    this.#amounts = amounts
    this.#pods = pods
  }

  /** The next row's share of its pod. */
  next(key: string): PodAmount {
    const amount = this.#amounts.get(key)
    const rows = this.#pods.get(key)?.rows ?? 1
    if (!amount) return { cost: 0n, quantity: 0 }
    const shares = this.#shares.get(key) ?? splitMoney(amount.cost, new Array(rows).fill(1))
    this.#shares.set(key, shares)
    return { cost: shares.shift() ?? 0n, quantity: amount.quantity / rows }
  }
}

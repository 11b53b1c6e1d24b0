const SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

/** As Kubernetes writes CPU: `230m`, `2`. Whole millicores. */
export function cpuQuantity(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`
}

/** As Kubernetes writes memory: `805Mi`, `2Gi`. Whole bytes. */
export function ramQuantity(bytes: number): string {
  let amount = bytes
  let suffix = 0
  while (amount !== 0 && amount % 1024 === 0 && suffix < SUFFIXES.length - 1) {
    amount /= 1024
    suffix++
  }
  return `${amount}${SUFFIXES[suffix]}`
}

/**
 * The slope per second of the straight line through the first `count` samples by least squares; times in ms. The sums
 * are compensated and taken from the first sample on, as in the engines, so that a long counter loses no digits.
 */
export function slopeOf(times: Float64Array, values: Float64Array, count: number): number {
  const [origin = Number.NaN] = times
  const [first = Number.NaN] = values
  const [sumX, sumY, sumXY, sumXX] = [new Sum(), new Sum(), new Sum(), new Sum()]
  let isLevel = true
  for (let i = 0; i < count; i++) {
    const x = ((times[i] ?? Number.NaN) - origin) / 1000
    const y = values[i] ?? Number.NaN
    if (i > 0 && y !== first) isLevel = false
    sumX.add(x)
    sumY.add(y)
    sumXY.add(x * y)
    sumXX.add(x * x)
  }
  // Rounding would leave a slope of next to nothing.
  if (isLevel) return Number.isFinite(first) ? 0 : Number.NaN
  const covariance = sumXY.value - (sumX.value * sumY.value) / count
  return covariance / (sumXX.value - (sumX.value * sumX.value) / count)
}

/** Kahan's sum in Neumaier's form. */
class Sum {
  #sum = 0
  #lost = 0

  add(value: number): void {
    const next = this.#sum + value
    if (!Number.isFinite(next)) this.#lost = 0
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - next + value
    else this.#lost += value - next + this.#sum
    this.#sum = next
  }

  get value(): number {
    return this.#sum + this.#lost
  }
}

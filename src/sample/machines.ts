import { GIB, type Machine, type PriceStep, type Span } from './model.js'
import { hash } from './seed.js'

export const HOUR = 3600
export const DAY = 24 * HOUR
/** Before any estate: what is older is simply there. */
export const ALWAYS: Span = { from: 0, to: Number.POSITIVE_INFINITY }

interface Shape {
  readonly cores: number
  readonly ramGib: number
  /** Per core-hour and GiB-hour, in whatever currency the account has. */
  readonly cpu: number
  readonly ram: number
  readonly gpus?: number
  /** Per GPU-hour. */
  readonly gpu?: number
}

const SHAPES = {
  'm5.xlarge': { cores: 4, ramGib: 16, cpu: 0.031611, ram: 0.004237 },
  'm6i.xlarge': { cores: 4, ramGib: 16, cpu: 0.033109, ram: 0.004438 },
  'm5.2xlarge': { cores: 8, ramGib: 32, cpu: 0.031611, ram: 0.004237 },
  'r5.xlarge': { cores: 4, ramGib: 32, cpu: 0.0305, ram: 0.00449 },
  'c5.xlarge': { cores: 4, ramGib: 8, cpu: 0.011204, ram: 0.001502 },
  'c5.2xlarge': { cores: 8, ramGib: 16, cpu: 0.034022, ram: 0.00456 },
  'n2-standard-4': { cores: 4, ramGib: 16, cpu: 0.029913, ram: 0.004009 },
  'g4dn.xlarge': { cores: 4, ramGib: 16, cpu: 0.01453143, ram: 0.00194773, gpus: 1, gpu: 0.43671061 },
  'n1-standard-8': { cores: 8, ramGib: 30, cpu: 0.033174, ram: 0.004446, gpus: 2, gpu: 0.385 },
  'e2-standard-8': { cores: 8, ramGib: 32, cpu: 0.020621, ram: 0.002764 },
} as const satisfies Record<string, Shape>

export type InstanceType = keyof typeof SHAPES

interface MachineOptions {
  readonly span?: Span
  readonly isSpot?: boolean
  readonly prices?: readonly PriceStep[]
  readonly unreadable?: readonly Span[]
  readonly isPriced?: boolean
  readonly zone?: string
  readonly nodePool?: string
  readonly localDiskGib?: number
  readonly hasUntypedTwin?: boolean
}

/** A machine of a known shape at that shape's price unless the options say otherwise. */
export function machine(
  node: string,
  providerId: string,
  instanceType: InstanceType,
  options: MachineOptions = {},
): Machine {
  const shape: Shape = SHAPES[instanceType]
  return {
    ...(options.span ?? ALWAYS),
    node,
    providerId,
    instanceType,
    cores: shape.cores,
    ramBytes: shape.ramGib * GIB,
    gpus: shape.gpus ?? 0,
    zone: options.zone ?? null,
    nodePool: options.nodePool ?? null,
    localDiskBytes: options.localDiskGib === undefined ? null : options.localDiskGib * GIB,
    isSpot: options.isSpot ?? false,
    prices: options.prices ?? [{ from: 0, cpu: shape.cpu, ram: shape.ram, gpu: shape.gpu ?? 0 }],
    unreadable: options.unreadable ?? [],
    isPriced: options.isPriced ?? true,
    hasUntypedTwin: options.hasUntypedTwin ?? false,
  }
}

/** The id that a cloud gives to a machine made at an instant. */
export function awsId(...words: readonly (string | number)[]): string {
  return `i-0${hash(...words, 'a')
    .toString(16)
    .padStart(8, '0')}${hash(...words, 'b')
    .toString(16)
    .padStart(8, '0')}`
}

/** The UTC days (Unix seconds of midnight) that touch a span, one more on either side. */
export function daysAround(span: Span): number[] {
  const days: number[] = []
  for (let day = Math.floor(span.from / DAY) * DAY - DAY; day < span.to + DAY; day += DAY) days.push(day)
  return days
}

/** The same time of day on each of the days. Seconds since midnight. */
export function daily(days: readonly number[], from: number, to: number): Span[] {
  return days.map(day => ({ from: day + from, to: day + to }))
}

/** A price that rises by a tenth at one time of day and falls back at another. */
export function dearByDay(
  instanceType: InstanceType,
  days: readonly number[],
  rise: number,
  fall: number,
): PriceStep[] {
  const { cpu, ram, gpu = 0 }: Shape = SHAPES[instanceType]
  const steps: PriceStep[] = [{ from: 0, cpu, ram, gpu }]
  for (const day of days) {
    steps.push(
      { from: day + rise, cpu: cpu * 1.1, ram: ram * 1.1, gpu: gpu * 1.1 },
      { from: day + fall, cpu, ram, gpu },
    )
  }
  return steps
}

/** Seconds since midnight. */
export function clock(hours: number, minutes = 0): number {
  return hours * HOUR + minutes * 60
}

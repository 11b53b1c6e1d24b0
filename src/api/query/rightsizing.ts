import { type Static, Type } from 'typebox'
import { KNOB_BOUNDS, type Knobs } from '../../rightsizing/profiles.js'

const GIVEN = 'Changes the profile: the answer is then computed from the hours of the range.'
const MILLICORES = 1000
const MIB = 2 ** 20
/** More than any machine has. */
const MOST = { millicores: 1_000_000, bytes: 2 ** 50 }

function margin(of: string, { least, most }: { least: number; most: number }) {
  return Type.Optional(
    Type.Number({
      minimum: least,
      maximum: most,
      examples: [0.15],
      description: `Share by which the recommended ${of} request lies above the use. ${GIVEN}`,
    }),
  )
}

/** Parameters that change a profile; what is left out is as the profile has it. */
export const KNOBS = {
  cpu_quantile: Type.Optional(
    Type.Number({
      exclusiveMinimum: KNOB_BOUNDS.cpuQuantile.above,
      maximum: KNOB_BOUNDS.cpuQuantile.most,
      examples: [0.95],
      description: `Quantile of the CPU use of all pods that the CPU request is taken from; 1 is the highest use. ${GIVEN}`,
    }),
  ),
  cpu_margin: margin('CPU', KNOB_BOUNDS.cpuMargin),
  ram_margin: margin('memory', KNOB_BOUNDS.ramMargin),
  cpu_floor: Type.Optional(
    Type.Number({
      minimum: KNOB_BOUNDS.cpuFloor.least * MILLICORES,
      maximum: MOST.millicores,
      examples: [10],
      description: `Lowest CPU request that is recommended, millicores; it raises none that is lower already, but by krr and kubecost. ${GIVEN}`,
    }),
  ),
  ram_floor: Type.Optional(
    Type.Number({
      minimum: KNOB_BOUNDS.ramFloor.least,
      maximum: MOST.bytes,
      examples: [100 * MIB],
      description: `Lowest memory request that is recommended, bytes; it raises none that is lower already, but by krr and kubecost. ${GIVEN}`,
    }),
  ),
  change_gate: Type.Optional(
    Type.Number({
      minimum: KNOB_BOUNDS.changeGate.least,
      maximum: KNOB_BOUNDS.changeGate.most,
      examples: [0.1],
      description: `Share of the request below which a change is not worth it, and the request is kept; so it is below 10 millicores or 32 MiB. 0 keeps none. ${GIVEN}`,
    }),
  ),
  include_hpa: Type.Optional(
    Type.Boolean({
      examples: [true],
      description: `Whether requests that a horizontal autoscaler goes by are changed as others are. ${GIVEN}`,
    }),
  ),
}

/** What of a profile is changed. */
export type KnobChanges = Partial<Knobs>

type KnobValues = Static<ReturnType<typeof Type.Object<typeof KNOBS>>>

export function askedKnobs(values: KnobValues): KnobChanges {
  const changes: { [Name in keyof Knobs]?: Knobs[Name] | undefined } = {
    cpuQuantile: values.cpu_quantile,
    cpuMargin: values.cpu_margin,
    ramMargin: values.ram_margin,
    // Cores.
    cpuFloor: values.cpu_floor === undefined ? undefined : values.cpu_floor / MILLICORES,
    ramFloor: values.ram_floor,
    changeGate: values.change_gate,
    includeHpa: values.include_hpa,
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as KnobChanges
}

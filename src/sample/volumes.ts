import { awsId } from './machines.js'
import { type ClaimModel, GIB, type SizeStep, type Span, type VolumeModel } from './model.js'
import { uid } from './seed.js'

const HOURS_PER_MONTH = 730

interface VolumeOptions {
  readonly span: Span
  /** GiB; the volume is as large unless `capacityGib` says otherwise. */
  readonly gib: number
  readonly capacityGib?: number
  /** When claim and volume grow, and to how many GiB. */
  readonly growth?: { readonly at: number; readonly gib: number }
  readonly storageClass: string
  /** Currency per GiB and month of 730 hours. */
  readonly gibMonthlyCost: number
  /** Says what the cloud calls its disk; the volume's own name by default. */
  readonly isOnAws?: boolean
}

/** A volume made for a claim, named as a provisioner names it. `words` tell it from all others. */
export function claimedVolume(
  words: readonly (string | number)[],
  namespace: string,
  claim: string,
  options: VolumeOptions,
): VolumeModel {
  const requested = sizes(options.gib, options)
  return volume(
    `pvc-${uid(...words, namespace, claim, options.span.from)}`,
    { namespace, name: claim, requested },
    options,
    [...words, namespace, claim, options.span.from],
  )
}

/** A volume that nobody claims. */
export function unclaimedVolume(name: string, options: VolumeOptions): VolumeModel {
  return volume(name, null, options, [name])
}

function volume(
  name: string,
  claim: ClaimModel | null,
  options: VolumeOptions,
  words: readonly (string | number)[],
): VolumeModel {
  return {
    ...options.span,
    name,
    providerId: options.isOnAws ? awsId(...words).replace(/^i-/, 'vol-') : name,
    storageClass: options.storageClass,
    gibHourlyCost: options.gibMonthlyCost / HOURS_PER_MONTH,
    capacity: sizes(options.capacityGib ?? options.gib, options),
    claim,
  }
}

function sizes(gib: number, { growth }: VolumeOptions): SizeStep[] {
  const first = { from: 0, bytes: gib * GIB }
  return growth ? [first, { from: growth.at, bytes: growth.gib * GIB }] : [first]
}

import type { Money } from '../domain/money.js'
import { GIB, MIB } from '../domain/units.js'
import { type ClusterUsage, POINT_SECONDS, type UsageRow } from '../domain/usage.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { actionOf, type Circumstances, isChange } from './action.js'
import { cpuDraft } from './cpu.js'
import type { Draft } from './draft.js'
import { cpuFigures, type Figures, ramFigures } from './figures.js'
import { ranOutOfMemory } from './oom.js'
import type { Knobs } from './profiles.js'
import { ramDraft } from './ram.js'
import type { Reason } from './reasons.js'
import type { Action } from './recommendation.js'
import { cpuRequest, type Request, ramRequest } from './request.js'
import { type Spending, savingOf } from './savings.js'

/** What is to be said about one resource of a container: millicores or bytes. */
export interface Advice {
  readonly request: Request
  readonly figures: Figures | null
  /** null: too little is known. */
  readonly recommended: number | null
  readonly action: Action
  readonly saving: Money | null
  readonly reasons: readonly Reason[]
}

/** What tells the resources apart. */
interface Subject extends Circumstances {
  readonly request: Request
  readonly figures: Figures | null
  /** Points that the figures are of. */
  readonly points: number
  readonly draft: (figures: Figures) => Draft
  /** null where it is not known how the resource was used. */
  readonly spending: Spending | null
  /** Millicores or bytes of the unit that money and sketches are in. */
  readonly scale: number
  /** Hours of the cluster that were measured. */
  readonly measuredHours: number
}

/** A pod has a memory peak an hour, which stands for all points of the hour. */
const POINTS_OF_PEAK = HOUR_SECONDS / POINT_SECONDS

export function adviceOnCpu(
  usage: UsageRow,
  cluster: ClusterUsage,
  knobs: Knobs,
  isTrusted: boolean,
): Advice {
  const request = cpuRequest(usage, cluster)
  const figures = cpuFigures(usage)
  const { cpuSketch: sketch, cpuCost: cost, cpuCoreHours: allocatedHours } = usage
  const subject: Subject = {
    ...{ resource: 'cpu', unit: 1, request, figures, points: usage.cpuPoints, scale: 1000 },
    isDrivenByHpa: usage.hpaCpu === true,
    ranOut: false,
    draft: known => cpuDraft(usage, known, cluster, request.amount, knobs),
    spending:
      sketch === null || figures === null
        ? null
        : { sketch, cost, allocatedHours, podHours: podHours(usage), mean: figures.mean / 1000 },
    measuredHours: cluster.windows.length,
  }
  return adviceOn(subject, knobs, isTrusted)
}

export function adviceOnRam(
  usage: UsageRow,
  cluster: ClusterUsage,
  knobs: Knobs,
  isTrusted: boolean,
): Advice {
  const request = ramRequest(usage, cluster)
  const figures = ramFigures(usage)
  const { ramCost: cost, ramGibHours: allocatedHours } = usage
  // Their scale is that of the mean in any case.
  const sketch = usage.ramMeanSketch ?? usage.ramPeakSketch
  const subject: Subject = {
    ...{ resource: 'ram', unit: MIB, request, figures, points: usage.ramWeight * POINTS_OF_PEAK, scale: GIB },
    isDrivenByHpa: usage.hpaRam === true,
    ranOut: knobs.rules.heedsOom && ranOutOfMemory(usage),
    draft: known => ramDraft(usage, known, cluster, request.amount, knobs),
    spending:
      sketch === null || figures === null
        ? null
        : { sketch, cost, allocatedHours, podHours: podHours(usage), mean: figures.mean / GIB },
    measuredHours: cluster.windows.length,
  }
  return adviceOn(subject, knobs, isTrusted)
}

function adviceOn(subject: Subject, knobs: Knobs, isTrusted: boolean): Advice {
  const { request, figures, resource } = subject
  const about = request.hasChanged ? (['request_changed'] as const) : []
  const nothing = { request, figures, recommended: null, action: 'none' as const, saving: null }
  if (figures === null) return { ...nothing, reasons: [...about, `no_${resource}_usage`] }
  if (!isTrusted || subject.points < knobs.minSamples)
    return { ...nothing, reasons: [...about, 'too_little_data'] }
  const { amount: recommended, reasons } = subject.draft(figures)
  const action = actionOf(request, recommended, subject, knobs)
  const { saving, reasons: reasonsOfMoney } = moneyOf(subject, recommended, action)
  return {
    ...{ request, figures, recommended, action, saving },
    reasons: [
      ...about,
      ...reasons,
      ...reasonsOfAction(subject, recommended, action),
      ...(isChange(action) ? reasonsOfMoney : []),
    ],
  }
}

function reasonsOfAction(subject: Subject, recommended: number, action: Action): Reason[] {
  const { request, resource, unit, ranOut } = subject
  if (!request.isKnown) return ['request_unknown']
  if (subject.isDrivenByHpa) return ['hpa']
  if (action === 'set') return ['no_request']
  const isOff = Math.abs(recommended - (request.amount ?? recommended)) >= unit / 2
  return action === 'keep' && isOff && !ranOut ? [`${resource}_inside_gate`] : []
}

/** Only what is changed saves or costs; what is kept or suppressed does neither. */
function moneyOf(
  { request, spending, scale, measuredHours }: Subject,
  recommended: number,
  action: Action,
): { saving: Money | null; reasons: Reason[] } {
  if (action === 'none') return { saving: null, reasons: [] }
  if (!isChange(action)) return { saving: 0n, reasons: [] }
  const saving =
    spending && savingOf(spending, (request.amount ?? 0) / scale, recommended / scale, measuredHours)
  if (saving === null) return { saving: null, reasons: ['no_price'] }
  return { saving: saving.amount, reasons: saving.isBounded ? ['bounded_by_cost'] : [] }
}

function podHours({ podSeconds }: UsageRow): number {
  return podSeconds / HOUR_SECONDS
}

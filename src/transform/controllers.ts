import { label } from '../domain/samples.js'
import { type Hour, readingsOf } from './hour.js'
import { compare } from './tally.js'

/** The workload that a pod belongs to. */
export interface Controller {
  readonly kind: string
  readonly name: string
}

/** What kube-state-metrics prints for "has no owner". */
const NONE = '<none>'
/** Alphabet of the pod-template hash that a Deployment appends to its ReplicaSets' names. */
const TEMPLATE_HASH = /^(.+)-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/
/** A CronJob appends the scheduled time (minutes or seconds of the epoch) to its Jobs' names. */
const SCHEDULED_TIME = /^(.+)-\d{8,10}$/

/**
 * Pod → workload of one window: the owner of the pod, and behind a ReplicaSet its Deployment or Rollout, behind a Job
 * its CronJob. Where the exporter doesn't tell who owns the ReplicaSet or Job (it says so of those that nobody owns), the
 * names tell.
 */
export function controllersOf(hour: Hour): (namespace: string, pod: string) => Controller | undefined {
  const podOwners = ownersOf(hour, 'podOwner', 'pod')
  const replicaSetOwners = ownersOf(hour, 'replicaSetOwner', 'replicaset')
  const jobOwners = ownersOf(hour, 'jobOwner', 'job_name')
  const deployments = new Set(
    readingsOf(hour, 'deployments').map(
      ({ series }) => `${label(series, 'namespace')}\0${label(series, 'deployment')}`,
    ),
  )
  return (namespace, pod) => {
    const owner = podOwners.get(`${namespace}\0${pod}`)
    if (!owner || owner.kind === NONE) return undefined
    if (owner.kind === 'ReplicaSet') return behindReplicaSet(namespace, owner, replicaSetOwners, deployments)
    if (owner.kind === 'Job') return behindJob(namespace, owner, jobOwners)
    return owner
  }
}

function behindReplicaSet(
  namespace: string,
  replicaSet: Controller,
  owners: ReadonlyMap<string, Controller>,
  deployments: ReadonlySet<string>,
): Controller {
  const owner = owners.get(`${namespace}\0${replicaSet.name}`)
  if (owner) return owner.kind === NONE ? replicaSet : owner
  const dash = replicaSet.name.lastIndexOf('-')
  const base = dash > 0 ? replicaSet.name.slice(0, dash) : ''
  if (base !== '' && deployments.has(`${namespace}\0${base}`)) return { kind: 'Deployment', name: base }
  const hashed = TEMPLATE_HASH.exec(replicaSet.name)
  return hashed?.[1] ? { kind: 'Deployment', name: hashed[1] } : replicaSet
}

function behindJob(namespace: string, job: Controller, owners: ReadonlyMap<string, Controller>): Controller {
  const owner = owners.get(`${namespace}\0${job.name}`)
  if (owner) return owner.kind === NONE ? job : owner
  const scheduled = SCHEDULED_TIME.exec(job.name)
  return scheduled?.[1] ? { kind: 'CronJob', name: scheduled[1] } : job
}

/** Owner by namespace and name; of several (a name used twice in the hour) the first in order, a real one first. */
function ownersOf(
  hour: Hour,
  fact: 'podOwner' | 'replicaSetOwner' | 'jobOwner',
  nameLabel: string,
): Map<string, Controller> {
  const owners = new Map<string, Controller>()
  for (const { series } of readingsOf(hour, fact)) {
    const kind = label(series, 'owner_kind')
    const owner: Controller = { kind: kind === '' ? NONE : kind, name: label(series, 'owner_name') }
    const key = `${label(series, 'namespace')}\0${label(series, nameLabel)}`
    const known = owners.get(key)
    if (!known || precedes(owner, known)) owners.set(key, owner)
  }
  return owners
}

function precedes(a: Controller, b: Controller): boolean {
  if ((a.kind === NONE) !== (b.kind === NONE)) return b.kind === NONE
  return (compare(a.kind, b.kind) || compare(a.name, b.name)) < 0
}

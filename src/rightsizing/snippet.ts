import type { WorkloadContainer } from '../domain/usage.js'

/** Quantities to be set, as Kubernetes writes them; in the order cpu, memory. */
export interface Resources {
  readonly requests: Readonly<Record<string, string>>
  readonly limits: Readonly<Record<string, string>>
}

/** Kinds whose pods follow their template; those of a Job or a bare Pod can't be changed. */
const SETTABLE = ['deployment', 'statefulset', 'daemonset', 'cronjob', 'replicaset', 'replicationcontroller']

/** A strategic merge patch of the workload, which changes these resources of this container and nothing else. */
export function yamlPatch({ controllerKind, container }: WorkloadContainer, resources: Resources): string {
  const lines = [
    ...pathOf(controllerKind).map((key, depth) => `${'  '.repeat(depth)}${key}:`),
    `${indent(controllerKind)}- name: ${quotedForYaml(container)}`,
    `${indent(controllerKind)}  resources:`,
  ]
  for (const kind of ['requests', 'limits'] as const) {
    const entries = Object.entries(resources[kind])
    if (entries.length === 0) continue
    lines.push(`${indent(controllerKind)}    ${kind}:`)
    for (const [name, quantity] of entries)
      lines.push(`${indent(controllerKind)}      ${name}: ${quotedForYaml(quantity)}`)
  }
  return `${lines.join('\n')}\n`
}

/** The same as a command; null where kubectl has none for the kind, or would take the container's name for a pattern. */
export function kubectlCommand(workload: WorkloadContainer, { requests, limits }: Resources): string | null {
  const { namespace, controllerKind, controller, container } = workload
  const kind = controllerKind.toLowerCase()
  const names = [namespace, controller, container]
  if (!SETTABLE.includes(kind) || names.some(name => name === '' || /[*?\p{C}]/u.test(name))) return null
  const limited = Object.keys(limits).length === 0 ? [] : [`--limits=${listed(limits)}`]
  return [
    ...['kubectl', 'set', 'resources', `${kind}/${controller}`, '-n', namespace, '-c', container],
    ...[`--requests=${listed(requests)}`, ...limited],
  ]
    .map(quotedForShell)
    .join(' ')
}

function listed(quantities: Readonly<Record<string, string>>): string {
  return Object.entries(quantities)
    .map(([name, quantity]) => `${name}=${quantity}`)
    .join(',')
}

/** Where the containers of a kind stand. */
function pathOf(controllerKind: string): readonly string[] {
  const kind = controllerKind.toLowerCase()
  if (kind === 'pod') return ['spec', 'containers']
  const template = ['spec', 'template', 'spec', 'containers']
  return kind === 'cronjob' ? ['spec', 'jobTemplate', ...template] : template
}

function indent(controllerKind: string): string {
  return '  '.repeat(pathOf(controllerKind).length)
}

/** In double quotes, with everything but plain ASCII escaped, so that no name is read as anything else. */
function quotedForYaml(text: string): string {
  const escaped = text.replace(/["\\]|[^ -~]/gu, character => {
    if (character === '"' || character === '\\') return `\\${character}`
    const point = character.codePointAt(0) ?? 0
    // Half a character is none.
    const whole = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    return `\\U${whole.toString(16).padStart(8, '0').toUpperCase()}`
  })
  return `"${escaped}"`
}

/** As one word of a POSIX shell. */
function quotedForShell(text: string): string {
  return /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

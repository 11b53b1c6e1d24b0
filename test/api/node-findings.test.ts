import { describe, expect, it } from 'vitest'
import type { Found } from '../../src/api/findings/finding.js'
import { nodeFindings } from '../../src/api/findings/nodes.js'
import type { GroupUse, NodeUse } from '../../src/api/findings/nodes-query.js'
import { nodesNeeded } from '../../src/api/findings/sizing.js'
import { formatMoney, moneyToNumber, toMoney } from '../../src/domain/money.js'
import { randomNumbers } from './invented.js'

const HOURS = 336

function group(more: Partial<GroupUse> = {}): GroupUse {
  return {
    ...{ cluster: 'c', group_name: 'pool', grouped_by: 'node_pool', since: 0, is_known: true, nodes_now: 4 },
    ...{
      cost: '100.000000000000',
      peak_cpu_cores: 0,
      peak_cpu_hour: 3600,
      peak_ram_gib: 0,
      peak_ram_hour: 7200,
    },
    ...{ peak_gpus: 0, peak_gpu_hour: 10_800, node_cpu_cores: 4, node_ram_gib: 16, node_gpus: 0 },
    ...{ daemonset_cpu_cores: 0, daemonset_ram_gib: 0 },
    ...more,
  }
}

/** A node at a price an hour; full unless told. */
function node(name: string, price: number, more: Partial<NodeUse> = {}): NodeUse {
  return {
    ...{ cluster: 'c', group_name: 'pool', node: name, node_pool: 'pool', instance_type: 'm5', since: 0 },
    ...{ is_present: true, hours: HOURS, minutes: HOURS * 60, cost: formatMoney(toMoney(price * HOURS)) },
    ...{ highest_cpu_share: 0.5, highest_ram_share: 0.5, gpu_hours: 0 },
    ...{ daemonset_cpu_share: 0, daemonset_ram_share: 0 },
    ...more,
  }
}

const idle = { highest_cpu_share: 0.05, highest_ram_share: 0.05 }
const targets = { targetUtilisation: 0.65, minimumNodes: 1 }
const savings = (found: readonly Found[]) =>
  found.map(one => [one.finding, one.name, moneyToNumber(one.savingMonth ?? 0n)])

describe('the nodes that a group needs', () => {
  it.each([
    ['nothing', {}, 0, 'none'],
    ['just one node at the target', { peak_cpu_cores: 2.6 }, 1, 'cpu'],
    ['a little more', { peak_cpu_cores: 2.6001 }, 2, 'cpu'],
    ['memory rather than CPU', { peak_cpu_cores: 1, peak_ram_gib: 20.8001 }, 3, 'ram'],
    // 4 × 0.65 - 1.3 = 1.3 cores a node.
    ['DaemonSets on every node', { peak_cpu_cores: 2.6, daemonset_cpu_cores: 1.3 }, 2, 'cpu'],
    ['DaemonSets that leave no room', { peak_cpu_cores: 0.1, daemonset_cpu_cores: 2.6 }, 4, 'cpu'],
    ['GPUs, all of them', { peak_gpus: 4, node_gpus: 2, peak_cpu_cores: 0.1 }, 2, 'gpu'],
    ['more than there is', { peak_cpu_cores: 100 }, 4, 'cpu'],
  ] as const)('hold %s', (_what, use, nodes, resource) => {
    expect(nodesNeeded(group(use), 0.65)).toMatchObject({ nodes, resource })
  })
})

describe('the surplus of a group', () => {
  it('is told by its idle nodes, dearest first, and by the group for what is left', () => {
    const nodes = [node('a', 1), node('b', 2), node('idle', 3, idle), node('dear', 5, idle)]
    // One node of four holds two cores: three are too many, two of them idle.
    const uses = { nodes, groups: [group({ peak_cpu_cores: 2 })] }
    expect(savings(nodeFindings(uses, targets).found)).toEqual([
      ['idle_node', 'dear', 5 * 730],
      ['idle_node', 'idle', 3 * 730],
      ['over_provisioned_group', 'pool', 1.5 * 730],
    ])
    // Two nodes stay, whatever they cost.
    expect(savings(nodeFindings(uses, { ...targets, minimumNodes: 2 }).found)).toHaveLength(2)
    expect(savings(nodeFindings(uses, { ...targets, minimumNodes: 3 }).found)).toEqual([
      ['idle_node', 'dear', 5 * 730],
      ['idle_node', 'idle', 0],
    ])
  })

  it('takes in what runs on an idle node of another group, as far as there is room', () => {
    const lone = node('lone', 4, { ...idle, group_name: 'lone' })
    const own = group({ group_name: 'lone', nodes_now: 1, peak_cpu_cores: 0.2, peak_ram_gib: 0.8 })
    const full = (cores: number) => ({
      nodes: [node('a', 1), lone],
      groups: [group({ nodes_now: 1, peak_cpu_cores: cores }), own],
    })
    expect(savings(nodeFindings(full(2.4), targets).found)).toEqual([['idle_node', 'lone', 4 * 730]])
    const kept = nodeFindings(full(2.5), targets).found
    expect(savings(kept)).toEqual([['idle_node', 'lone', 0]])
    expect(kept[0]?.evidence).toMatchObject({ kept_for: 'room' })
  })

  it('is not known of a group with a node whose size is not', () => {
    const nodes = [node('a', 1), node('odd', 1, { highest_cpu_share: null, highest_ram_share: null })]
    const { found, unknown } = nodeFindings(
      { nodes, groups: [group({ nodes_now: 2, is_known: false })] },
      targets,
    )
    expect(found).toEqual([])
    expect(unknown).toEqual({ idle_node: 1, over_provisioned_group: 1 })
  })

  it('has nothing of nodes and groups that are gone', () => {
    const gone = { is_present: false, ...idle }
    const uses = { nodes: [node('a', 1, gone)], groups: [group({ nodes_now: 0 })] }
    expect(nodeFindings(uses, { ...targets, minimumNodes: 0 }).found).toEqual([])
  })
})

it('whatever the nodes, no more is saved than they cost, and what stays holds what runs', () => {
  const random = randomNumbers(65)
  for (let round = 0; round < 300; round++) {
    const names = ['x', 'y', 'z'].slice(0, 1 + Math.floor(random() * 3))
    const nodes = names.flatMap(name =>
      Array.from({ length: 1 + Math.floor(random() * 6) }, (_, i) =>
        node(`${name}${i}`, random(), { group_name: name, ...(random() < 0.4 ? idle : {}) }),
      ),
    )
    const groups = names.map(name => {
      const own = nodes.filter(one => one.group_name === name)
      const load = own.reduce((sum, one) => sum + (one.highest_cpu_share ?? 0) * 4, 0)
      return group({ group_name: name, nodes_now: own.length, peak_cpu_cores: load * random() })
    })
    const minimumNodes = Math.floor(random() * 4)
    const targetUtilisation = 0.2 + 0.8 * random()
    const { found } = nodeFindings({ nodes, groups }, { targetUtilisation, minimumNodes })
    const total = nodes.reduce((sum, one) => sum + Number(one.cost), 0)
    const saved = found.reduce((sum, one) => sum + moneyToNumber(one.savingMonth ?? 0n), 0)
    expect(saved).toBeLessThanOrEqual((total / HOURS) * 730 * (1 + 1e-9))
    const going = found.reduce((sum, one) => {
      if (one.finding === 'idle_node') return sum + (one.evidence.kept_for === null ? 1 : 0)
      return one.finding === 'over_provisioned_group' ? sum + one.evidence.nodes_surplus : sum
    }, 0)
    const staying = nodes.length - going
    if (going === 0) continue
    expect(staying).toBeGreaterThanOrEqual(minimumNodes)
    const peak = groups.reduce((sum, one) => sum + one.peak_cpu_cores, 0)
    const isFull = groups.some(one => one.peak_cpu_cores > one.nodes_now * 4 * targetUtilisation)
    if (!isFull) expect(staying * 4 * targetUtilisation).toBeGreaterThanOrEqual(peak - 1e-6)
  }
})

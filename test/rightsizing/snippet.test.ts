import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuQuantity, ramQuantity } from '../../src/rightsizing/quantity.js'
import { kubectlCommand, yamlPatch } from '../../src/rightsizing/snippet.js'
import { MIB } from '../support/usage-rows.js'

const api = { namespace: 'web', controllerKind: 'Deployment', controller: 'api', container: 'app' }
const both = { requests: { cpu: '230m', memory: '805Mi' }, limits: {} }
const raised = { requests: { memory: '615Mi' }, limits: { memory: '615Mi' } }

describe('the patch', () => {
  it('changes the resources of the container in the template of its pods', () => {
    expect(yamlPatch(api, both)).toBe(`spec:
  template:
    spec:
      containers:
        - name: "app"
          resources:
            requests:
              cpu: "230m"
              memory: "805Mi"
`)
    expect(yamlPatch({ ...api, controllerKind: 'CronJob' }, raised)).toBe(`spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: "app"
              resources:
                requests:
                  memory: "615Mi"
                limits:
                  memory: "615Mi"
`)
    expect(yamlPatch({ ...api, controllerKind: 'Pod' }, raised)).toMatch(
      /^spec:\n {2}containers:\n {4}- name: /,
    )
  })

  it('keeps hostile names within their quotes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), container => {
        const patch = yamlPatch({ ...api, container }, both)
        const [, , , , name] = patch.split('\n')
        // Printable ASCII alone, with no quote that is not escaped before the last character.
        expect(name).toMatch(/^ {8}- name: "(?:[ !#-[\]-~]|\\["\\]|\\U00[0-9A-F]{6})*"$/)
        expect(patch.split('\n')).toHaveLength(10)
        const read = name
          ?.slice('        - name: '.length)
          .replace(/\\U(.{8})|\\(.)|^"|"$/g, (_, hex, plain) =>
            hex === undefined ? (plain ?? '') : String.fromCodePoint(Number.parseInt(hex, 16)),
          )
        expect(read).toBe(container)
      }),
    )
    expect(yamlPatch({ ...api, container: 'a"\n- name: b' }, both)).toContain(
      '- name: "a\\"\\U0000000A- name: b"\n',
    )
    expect(yamlPatch({ ...api, container: 'half \ud83d' }, both)).toContain('"half \\U0000FFFD"')
  })
})

describe('the command', () => {
  it('sets requests, and limits where they are in the way', () => {
    expect(kubectlCommand(api, both)).toBe(
      'kubectl set resources deployment/api -n web -c app --requests=cpu=230m,memory=805Mi',
    )
    expect(kubectlCommand({ ...api, controllerKind: 'StatefulSet' }, raised)).toBe(
      'kubectl set resources statefulset/api -n web -c app --requests=memory=615Mi --limits=memory=615Mi',
    )
  })

  it.each(['Job', 'Pod', 'Rollout', 'Node', ''])('is none for a %s', controllerKind => {
    expect(kubectlCommand({ ...api, controllerKind }, both)).toBeNull()
  })

  it('is none where a name would be a pattern, or can be none', () => {
    expect(kubectlCommand({ ...api, container: '*' }, both)).toBeNull()
    expect(kubectlCommand({ ...api, container: '' }, both)).toBeNull()
    expect(kubectlCommand({ ...api, namespace: 'a\nb' }, both)).toBeNull()
  })

  it('keeps hostile names within their word of the shell', () => {
    const hostile = ["x'; rm -rf ~ #", '$(id)', '`id`', 'a b', '"', '\\', '!x', '&& id', '~', 'ü']
    for (const name of hostile) {
      const command =
        kubectlCommand({ ...api, namespace: name, controller: name, container: name }, both) ?? ''
      const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' }).split('\0')
      expect(words).toEqual([
        ...['kubectl', 'set', 'resources', `deployment/${name}`, '-n', name, '-c', name],
        ...['--requests=cpu=230m,memory=805Mi', ''],
      ])
    }
  })
})

describe('quantities', () => {
  it('are as Kubernetes writes them', () => {
    expect([230, 1000, 2400, 1].map(cpuQuantity)).toEqual(['230m', '1', '2400m', '1m'])
    expect([805, 1024, 1536, 2 ** 20].map(mib => ramQuantity(mib * MIB))).toEqual([
      '805Mi',
      '1Gi',
      '1536Mi',
      '1Ti',
    ])
    expect([500_000_000, 1000, 0].map(ramQuantity)).toEqual(['500000000', '1000', '0'])
  })
})

import { expect, it } from 'vitest'
import { sharedBy } from '../../../src/dashboard/state/shared.js'

it('a link to another view takes account, range and filters along, and nothing of the view', () => {
  const here = new URLSearchParams(
    'account=a&range=30d&by=pod&cursor=x&sort=name&path=namespace:shop&k8s_namespace=shop&k8s_namespace=!lab&label.team=red&open=1',
  )
  expect(sharedBy(here).toString()).toBe(
    new URLSearchParams([
      ['account', 'a'],
      ['range', '30d'],
      ['k8s_namespace', 'shop'],
      ['k8s_namespace', '!lab'],
      ['label.team', 'red'],
    ]).toString(),
  )
})

import { toMoney } from '../domain/money.js'
import type { AssetRow, RemainderRow } from '../domain/rows.js'
import { label } from '../domain/samples.js'
import type { Hour } from './hour.js'
import { isPrice } from './prices.js'
import type { Tally } from './tally.js'
import { toldBy } from './told.js'

/** Name of a fee whose provisioner is not told: empty labels are lost on the way. */
const UNNAMED = 'cluster'

/** The fee for the control plane: an asset that nobody uses, so its cost stays with the cluster. */
export function managementFee(hour: Hour, tally: Tally): { assets: AssetRow[]; remainders: RemainderRow[] } {
  // A provisioner whose name changes within the hour (an upgrade) is one fee, not two.
  const fee = toldBy(hour, 'feeSamples', 'feeSum', () => '').get('')
  if (!fee) {
    tally.warn('management_not_collected', 'kubecost_cluster_management_cost is absent')
    return { assets: [], remainders: [] }
  }
  if (!isPrice(fee.mean) && fee.mean !== 0) {
    tally.reject('impossible_price', 'kubecost_cluster_management_cost', fee.series)
    tally.warn('management_not_collected', 'kubecost_cluster_management_cost is no believable price')
    return { assets: [], remainders: [] }
  }
  const name = label(fee.series, 'provisioner_name') || UNNAMED
  const totalCost = toMoney(fee.unitHours)
  const asset: AssetRow = {
    assetType: 'management',
    assetId: name,
    name,
    namespace: null,
    claim: null,
    storageClass: null,
    providerId: null,
    minutes: fee.hours * 60,
    gib: null,
    price: fee.mean,
    priceSource: 'measured',
    totalCost,
  }
  const remainder = { kind: 'cluster_management', part: 'management', namespace: '', name } as const
  return { assets: [asset], remainders: [{ ...remainder, quantity: fee.hours, cost: totalCost }] }
}

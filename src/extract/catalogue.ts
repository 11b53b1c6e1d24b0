import type { FactName } from '../domain/samples.js'
import { assetQueries, networkQueries, selectorQueries, volumeRepairs } from './catalogue-assets.js'
import { containerQueries } from './catalogue-containers.js'
import { nameQueries } from './catalogue-names.js'
import { nodeQueries, priceRepairs } from './catalogue-nodes.js'
import type { CatalogueQuery } from './query.js'

/** Every query of a batch by the fact that it reads, as data. */
export const catalogue = {
  ...containerQueries,
  ...nodeQueries,
  ...nameQueries,
  ...assetQueries,
  ...selectorQueries,
  ...networkQueries,
  ...priceRepairs,
  ...volumeRepairs,
} as const satisfies Record<FactName, CatalogueQuery>

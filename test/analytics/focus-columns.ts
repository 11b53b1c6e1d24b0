/** Columns of FOCUS 1.2 that every row has. */
export const NEVER_NULL = [
  ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingAccountType', 'BillingCurrency'],
  ...['BillingPeriodEnd', 'BillingPeriodStart', 'ChargeCategory', 'ChargeDescription', 'ChargeFrequency'],
  ...[
    'ChargePeriodEnd',
    'ChargePeriodStart',
    'ContractedCost',
    'EffectiveCost',
    'InvoiceIssuerName',
    'ListCost',
  ],
  ...['PricingCurrency', 'PricingCurrencyEffectiveCost', 'ProviderName', 'PublisherName', 'ServiceCategory'],
  ...['ServiceName', 'ServiceSubcategory'],
]
export const USAGE_ONLY = [
  ...['ConsumedQuantity', 'ConsumedUnit', 'ContractedUnitPrice', 'ListUnitPrice', 'PricingCategory'],
  ...['PricingCurrencyContractedUnitPrice', 'PricingCurrencyListUnitPrice', 'PricingQuantity', 'PricingUnit'],
  ...['SkuId', 'SkuMeter', 'SkuPriceId'],
]
export const ALWAYS_NULL = [
  ...['CapacityReservationId', 'CapacityReservationStatus', 'ChargeClass', 'CommitmentDiscountCategory'],
  ...['CommitmentDiscountId', 'CommitmentDiscountName', 'CommitmentDiscountQuantity'],
  ...['CommitmentDiscountStatus', 'CommitmentDiscountType', 'CommitmentDiscountUnit', 'InvoiceId'],
  ...['SkuPriceDetails', 'SubAccountId', 'SubAccountName', 'SubAccountType', 'Tags'],
]
const WHERE_KNOWN = [
  'AvailabilityZone',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
]
export const ALLOCATED = [
  ...['AllocatedMethodDetails', 'AllocatedMethodId', 'AllocatedResourceId', 'AllocatedResourceName'],
  'AllocatedTags',
]
export const FOCUS_1_2 = [...NEVER_NULL, ...USAGE_ONLY, ...ALWAYS_NULL, ...WHERE_KNOWN]

export const NUMBERS = FOCUS_1_2.filter(name => /(Cost|Quantity|UnitPrice)$/.test(name))
export const INSTANTS = FOCUS_1_2.filter(name => /Period(Start|End)$/.test(name))

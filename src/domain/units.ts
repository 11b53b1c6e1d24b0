export const MIB = 2 ** 20
export const GIB = 2 ** 30

/** Hours of a month, wherever money is told by the month. */
export const MONTH_HOURS = 730

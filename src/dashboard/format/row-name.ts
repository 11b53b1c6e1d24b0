const SPECIAL: Readonly<Record<string, string>> = {
  __idle__: 'Idle',
  __unmounted__: 'Unmounted volumes and balancers',
  __cluster_management__: 'Cluster management fee',
  __unallocated__: 'Without any',
}

/** How the name of a row is read by people: the API's names of special rows in words. */
export const rowName = (name: string): string =>
  name
    .split('/')
    .map(part => SPECIAL[part] ?? part)
    .join(' / ')

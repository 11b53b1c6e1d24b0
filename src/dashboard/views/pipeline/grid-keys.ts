/** A cell of a grid, counted from 0. */
export interface Cell {
  readonly row: number
  readonly column: number
}

interface Size {
  readonly rows: number
  readonly columns: number
}

/** Where a key leads to from a cell of a grid; null for keys that lead nowhere. It ends at the edges. */
export function cellAfter(key: string, isControl: boolean, cell: Cell, size: Size): Cell | null {
  const to = target(key, isControl, cell, size)
  if (to === null) return null
  return { row: within(to.row, size.rows), column: within(to.column, size.columns) }
}

const within = (index: number, length: number): number => Math.max(0, Math.min(length - 1, index))

function target(
  key: string,
  isControl: boolean,
  { row, column }: Cell,
  { rows, columns }: Size,
): Cell | null {
  switch (key) {
    case 'ArrowLeft':
      return { row, column: column - 1 }
    case 'ArrowRight':
      return { row, column: column + 1 }
    case 'ArrowUp':
      return { row: row - 1, column }
    case 'ArrowDown':
      return { row: row + 1, column }
    case 'Home':
      return { row: isControl ? 0 : row, column: 0 }
    case 'End':
      return { row: isControl ? rows - 1 : row, column: columns - 1 }
    default:
      return null
  }
}

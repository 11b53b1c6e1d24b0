import { useParentSize } from '@visx/responsive'
import { useFills } from '../../charts/hatch.js'
import type { Figures } from './figures.js'
import styles from './rightsizing.module.css'
import { layOutUsage, type Mark, type MarkId } from './usage-bar-layout.js'

const HEIGHT = 84
const BAR = { top: 32, bottom: 50 }
const MIDDLE = (BAR.top + BAR.bottom) / 2

/** What is requested, used and recommended of a resource, on one bar that begins at 0. */
export function UsageBar({ figures }: { figures: Figures }) {
  const { parentRef, width } = useParentSize({ debounceTime: 50 })
  const { fillOf, hatches } = useFills()
  const layout = layOutUsage(figures, width)
  const said = `${figures.name}: ${saidOf(figures)}`
  return (
    <div ref={parentRef} className={styles.usage}>
      <svg width={width} height={HEIGHT} role="img" aria-label={said}>
        {hatches}
        <rect y={BAR.top} width={width} height={BAR.bottom - BAR.top} rx={2} fill="var(--hover)" />
        {layout === null ? null : (
          <>
            <rect
              y={BAR.top}
              width={layout.at(figures.request ?? 0)}
              height={BAR.bottom - BAR.top}
              fill={fillOf('reserved')}
              opacity={0.45}
            />
            <rect
              y={BAR.top}
              width={layout.at(figures.mean ?? 0)}
              height={BAR.bottom - BAR.top}
              fill={fillOf(0)}
            />
            {layout.marks.map(mark => (
              <MarkOnBar key={mark.id} mark={mark} />
            ))}
          </>
        )}
      </svg>
    </div>
  )
}

const SAID: Readonly<Record<MarkId, string>> = {
  request: 'requested now',
  recommended: 'advised',
  mean: 'used on the average',
  p95: '95th percentile',
  p99: '99th percentile',
  max: 'highest',
}

const saidOf = (figures: Figures): string =>
  (Object.keys(SAID) as MarkId[]).map(id => `${SAID[id]} ${figures.print(figures[id])}`).join(', ')

/** A shape of its own on the bar, and a line to its name. */
function MarkOnBar({ mark: { id, text, side, x, textX } }: { mark: Mark }) {
  const isAbove = side === 'above'
  const color = id === 'recommended' ? 'var(--good)' : 'var(--text)'
  const line = isAbove ? `M${x},${BAR.top} L${textX},16` : `M${x},${BAR.bottom} L${textX},${HEIGHT - 18}`
  return (
    <g stroke={color} fill={color}>
      <path d={line} fill="none" strokeWidth={1} />
      <path d={SHAPES[id](x)} stroke="var(--surface)" strokeWidth={1} />
      <text
        x={textX}
        y={isAbove ? 12 : HEIGHT - 5}
        textAnchor="middle"
        fontSize={12}
        stroke="none"
        fontWeight={isAbove ? 600 : 400}
      >
        {text}
      </text>
    </g>
  )
}

/** Paths around a place on the bar. */
const SHAPES: Readonly<Record<MarkId, (x: number) => string>> = {
  request: x => `M${x - 2},${BAR.top - 6} h4 V${BAR.bottom + 2} h-4 z`,
  recommended: x => `M${x},${MIDDLE - 11} l8,11 l-8,11 l-8,-11 z`,
  mean: x => `M${x - 5},${MIDDLE} a5,5 0 1 0 10,0 a5,5 0 1 0 -10,0 z`,
  p95: x => `M${x - 4.5},${MIDDLE - 4.5} h9 v9 h-9 z`,
  p99: x => `M${x},${MIDDLE - 6} l6,11 h-12 z`,
  max: x => `M${x},${MIDDLE + 6} l6,-11 h-12 z`,
}

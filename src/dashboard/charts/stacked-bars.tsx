import { AxisBottom, AxisLeft } from '@visx/axis'
import { GridRows } from '@visx/grid'
import { useParentSize } from '@visx/responsive'
import { useId, useState } from 'react'
import { type BarsLayout, type Box, layOut } from './bars-layout.js'
import { Hatch, patternId, useFills } from './hatch.js'
import { type ChartStep, colorOf, isHatched, type Paint, type Series, sumAt } from './series.js'
import styles from './stacked-bars.module.css'
import { StepTip } from './step-tip.js'

export interface StackedBarsProps {
  /** Accessible name. */
  readonly name: string
  readonly series: readonly Series[]
  readonly steps: readonly ChartStep[]
  readonly height?: number
  /** An amount as text. */
  readonly print: (amount: number) => string
  /** An amount as short text, for the axis. */
  readonly printShort: (amount: number) => string
  /** What a click on a segment does; who uses the keyboard has the legend for it. */
  readonly onSelect?: (series: Series) => void
}

/** Values over time, stacked; negative ones below the line. A step is looked at by pointer, or with the slider under it. */
export function StackedBars(props: StackedBarsProps) {
  const { name, series, steps, height = 300, print } = props
  const { parentRef, width } = useParentSize({ debounceTime: 50 })
  const [active, setActive] = useState<number | null>(null)
  const layout = layOut(series, steps, { width, height })
  const leave = () => setActive(null)
  const step = active === null ? undefined : steps[active]
  return (
    <div ref={parentRef} className={styles.chart}>
      <svg width={width} height={height} role="img" aria-label={`${name}, bars`} onPointerLeave={leave}>
        {layout === null ? null : <Plot {...props} layout={layout} active={active} onActive={setActive} />}
      </svg>
      <input
        type="range"
        className={styles.slider}
        aria-label={`Step of ${name}`}
        aria-valuetext={step === undefined ? 'none' : `${step.label}: ${print(sumAt(series, active ?? 0))}`}
        min={0}
        max={Math.max(0, steps.length - 1)}
        value={active ?? Math.max(0, steps.length - 1)}
        onChange={event => setActive(Number(event.target.value))}
        onFocus={() => setActive(steps.length - 1)}
        onBlur={leave}
      />
      {layout === null || active === null || step === undefined ? null : (
        <StepTip series={series} step={step} index={active} print={print} left={layout.tipLeft(active)} />
      )}
    </div>
  )
}

interface PlotProps extends StackedBarsProps {
  readonly layout: BarsLayout
  readonly active: number | null
  readonly onActive: (step: number) => void
}

function Plot({ steps, layout, active, printShort, onActive, onSelect }: PlotProps) {
  const gapId = patternId(useId())
  const { fillOf, hatches } = useFills()
  const { margin, inner, x, y, tickSteps } = layout
  const axis = { stroke: 'var(--control-line)', tickStroke: 'var(--control-line)', tickLength: 4 }
  return (
    <>
      {hatches}
      <Hatch id={gapId} color="var(--warning)" isWide />
      <g transform={`translate(${margin.left},${margin.top})`}>
        <GridRows scale={y} width={inner.width} numTicks={4} stroke="var(--line)" />
        {steps.map((step, index) => (
          <StepGround
            key={step.start}
            {...{ step, index, layout, onActive }}
            isActive={index === active}
            hatch={gapId}
          />
        ))}
        {layout.boxes.map(box => (
          <Segment key={`${box.series.id} ${box.step}`} box={box} {...{ fillOf, onActive, onSelect }} />
        ))}
        <AxisLeft
          scale={y}
          numTicks={4}
          tickFormat={value => printShort(Number(value))}
          tickLabelProps={{ fill: 'var(--muted)', fontSize: 12, textAnchor: 'end', dx: -4, dy: 4 }}
          hideAxisLine
          hideTicks
        />
        <AxisBottom top={y(0)} scale={x} tickValues={[]} {...axis} />
        <AxisBottom
          top={inner.height}
          scale={x}
          tickValues={tickSteps}
          tickFormat={index => labelOf(steps[Number(index)])}
          tickLabelProps={{ fill: 'var(--muted)', fontSize: 12, textAnchor: 'middle' }}
          {...axis}
          hideAxisLine
        />
      </g>
    </>
  )
}

const labelOf = (step: ChartStep | undefined): string =>
  step === undefined ? '' : step.isSoFar ? `${step.label} so far` : step.label

interface GroundProps {
  readonly step: ChartStep
  readonly index: number
  readonly layout: BarsLayout
  readonly isActive: boolean
  readonly hatch: string
  readonly onActive: (step: number) => void
}

/** What lies behind a bar: hatched where its values are not complete, and where the pointer finds the step. */
function StepGround({ step, index, layout, isActive, hatch, onActive }: GroundProps) {
  const { inner, bandLeft, band } = layout
  const place = { x: bandLeft(index), width: band, height: inner.height }
  return (
    <g onPointerEnter={() => onActive(index)}>
      <rect {...place} fill={isActive ? 'var(--hover)' : 'transparent'} />
      {step.gap === null ? null : <rect {...place} fill={`url(#${hatch})`} />}
      {step.isSoFar ? <rect {...place} fill="none" stroke="var(--muted)" strokeDasharray="3 3" /> : null}
    </g>
  )
}

interface SegmentProps {
  readonly box: Box
  readonly fillOf: (paint: Paint) => string
  readonly onActive: (step: number) => void
  readonly onSelect: ((series: Series) => void) | undefined
}

function Segment({ box: { series, step, x, y, width, height }, fillOf, onActive, onSelect }: SegmentProps) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; the legend's buttons do the same
    <rect
      {...{ x, y, width, height }}
      fill={fillOf(series.paint)}
      stroke={isHatched(series.paint) ? colorOf(series.paint) : 'var(--surface)'}
      strokeWidth={0.75}
      className={onSelect === undefined ? undefined : styles.selectable}
      onPointerEnter={() => onActive(step)}
      onClick={() => onSelect?.(series)}
    />
  )
}

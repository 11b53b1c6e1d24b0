import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { Overview } from '../views/overview/overview.js'

interface View {
  readonly path: string
  readonly title: string
  readonly Component: ComponentType | LazyExoticComponent<ComponentType>
}

/** All views, in the order of the navigation. What is seen first comes with the page, the others when they are opened. */
export const VIEWS: readonly View[] = [
  { path: '/overview', title: 'Overview', Component: Overview },
  {
    path: '/allocation',
    title: 'Allocation',
    Component: lazy(async () => ({
      default: (await import('../views/allocation/allocation.js')).Allocation,
    })),
  },
  {
    path: '/efficiency',
    title: 'Efficiency',
    Component: lazy(async () => ({
      default: (await import('../views/efficiency/efficiency.js')).Efficiency,
    })),
  },
  {
    path: '/rightsizing',
    title: 'Rightsizing',
    Component: lazy(async () => ({
      default: (await import('../views/rightsizing/rightsizing.js')).Rightsizing,
    })),
  },
  {
    path: '/infrastructure',
    title: 'Infrastructure',
    Component: lazy(async () => ({
      default: (await import('../views/infrastructure/infrastructure.js')).Infrastructure,
    })),
  },
  {
    path: '/pipeline',
    title: 'Pipeline',
    Component: lazy(async () => ({ default: (await import('../views/pipeline/pipeline.js')).Pipeline })),
  },
]

/** What is at a path is called this. */
export const titleAt = (pathname: string): string =>
  VIEWS.find(({ path }) => path === pathname)?.title ?? 'Overview'

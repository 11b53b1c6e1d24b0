import { useState } from 'react'
import { useCredentials } from '../api/credentials.js'
import { Failure } from '../api/failure.js'
import { readCsv } from '../api/read.js'
import type { QueryOf, Route } from '../api/routes.js'
import { Button } from './button.js'
import styles from './csv-button.module.css'

interface Props<R extends Route> {
  readonly route: R
  /** The question that the table answers; pages make no difference. */
  readonly query: QueryOf<R>
  /** Name of the file, without its ending. */
  readonly file: string
}

type Progress = 'idle' | 'running' | Error

/** Saves all rows of a question as CSV. */
export function CsvButton<R extends Route>({ route, query, file }: Props<R>) {
  const credentials = useCredentials()
  const [progress, setProgress] = useState<Progress>('idle')
  const isRunning = progress === 'running'

  async function download(): Promise<void> {
    setProgress('running')
    try {
      save(await readCsv(credentials, route, query), `${file}.csv`)
      setProgress('idle')
    } catch (error) {
      setProgress(error instanceof Error ? error : new Error(String(error)))
    }
  }
  return (
    <span className={styles.csv}>
      <Button isBusy={isRunning} onClick={() => void download()}>
        {isRunning ? 'Preparing CSV…' : 'Download CSV'}
      </Button>
      <span role="alert" className={styles.problem}>
        {progress instanceof Error ? sentenceOf(progress) : null}
      </span>
    </span>
  )
}

function sentenceOf(error: Error): string {
  const id = error instanceof Failure && error.requestId !== null ? ` Request ${error.requestId}.` : ''
  return `The CSV can’t be had. ${error.message}${id}`
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the blob by then.
  setTimeout(() => URL.revokeObjectURL(url), 0)
}

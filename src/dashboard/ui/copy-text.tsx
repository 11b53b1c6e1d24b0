import { useRef, useState } from 'react'
import { Button } from './button.js'
import styles from './copy-text.module.css'

interface Props {
  /** What it is, as in "YAML". */
  readonly what: string
  readonly text: string
}

/** Text to be used elsewhere, with a button that copies it; where the browser doesn't allow that, it is selected. */
export function CopyText({ what, text }: Props) {
  const source = useRef<HTMLPreElement>(null)
  const [said, setSaid] = useState('')

  async function copy(): Promise<void> {
    try {
      // Browsers have no clipboard for pages that come over plain HTTP.
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      select(source.current)
      setSaid('Selected: press Ctrl+C or ⌘C')
    }
  }
  return (
    <div className={styles.copy}>
      <div className={styles.head}>
        <span className={styles.what}>{what}</span>
        <span role="status" className={styles.said}>
          {said}
        </span>
        <Button aria-label={`Copy the ${what}`} onClick={() => void copy()}>
          Copy
        </Button>
      </div>
      <pre ref={source} className={styles.text}>
        {text}
      </pre>
    </div>
  )
}

function select(element: HTMLElement | null): void {
  if (element !== null) window.getSelection()?.selectAllChildren(element)
}

import type { ComponentProps } from 'react'
import styles from './button.module.css'

interface Props extends ComponentProps<'button'> {
  readonly kind?: 'plain' | 'primary' | 'quiet' | 'link'
  /** Still pressed: it can be focused, but does nothing. */
  readonly isBusy?: boolean
  /** Has nothing to do at this time: it can be focused, so that who pressed it last is not lost. */
  readonly isOff?: boolean
}

export function Button(props: Props) {
  const { kind = 'plain', isBusy = false, isOff = false, type = 'button', onClick, ...rest } = props
  return (
    <button
      {...rest}
      type={type}
      className={`${styles.button} ${styles[kind]}`}
      aria-disabled={isBusy || isOff || rest.disabled || undefined}
      aria-busy={isBusy || undefined}
      onClick={event => {
        if (isBusy || isOff) event.preventDefault()
        else onClick?.(event)
      }}
    />
  )
}

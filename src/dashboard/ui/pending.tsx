/** Stands for a word or number that is being loaded; `what` says which. */
export function Pending({ what }: { what: string }) {
  return (
    <span>
      <span className="visually-hidden">Loading {what}…</span>
      <span aria-hidden>…</span>
    </span>
  )
}

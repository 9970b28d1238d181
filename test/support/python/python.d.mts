/** The interpreter that has the packages; `hint` says in one line what is missing and how to get it. */
export function pythonWithPackages(): {
  readonly available: boolean
  /** Path, when available. */
  readonly python: string
  readonly hint: string
}

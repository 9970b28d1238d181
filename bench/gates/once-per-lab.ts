import type { Lab } from './lab.ts'

/** Makes what several gates need of a lab only the first time that it is asked for. */
export function oncePerLab<A extends readonly (number | boolean)[], T>(
  make: (lab: Lab, ...args: A) => Promise<T>,
): (lab: Lab, ...args: A) => Promise<T> {
  const known = new WeakMap<Lab, Map<string, Promise<T>>>()
  return (lab, ...args) => {
    const ofLab = known.get(lab) ?? new Map<string, Promise<T>>()
    known.set(lab, ofLab)
    const key = args.join(' ')
    const made = ofLab.get(key) ?? make(lab, ...args)
    ofLab.set(key, made)
    return made
  }
}

export type Theme = Readonly<Record<ColourName, string>>

type ColourName =
  | 'paper'
  | 'card'
  | 'ink'
  | 'soft'
  | 'line'
  | 'track'
  | 'accent'
  | 'accent-soft'
  | 'hurt'
  | 'hurt-soft'
  | 'odd'
  | 'odd-soft'
  | `tone-${number}`

/** Hazel wood and the ink of an account book. Text has a contrast of 4.5 to 1 or more on its ground: a test computes it. */
export const LIGHT: Theme = {
  paper: '#f6f3ec',
  card: '#fffdf8',
  ink: '#1e1b16',
  soft: '#5b5448',
  line: '#ddd5c6',
  track: '#e9e3d6',
  accent: '#0d6557',
  'accent-soft': '#d7ebe4',
  hurt: '#a23a17',
  'hurt-soft': '#f8e1d8',
  odd: '#7a4d00',
  'odd-soft': '#f6e7c6',
  'tone-0': '#0d7a69',
  'tone-1': '#3566b0',
  'tone-2': '#b0741a',
  'tone-3': '#8a4a8f',
  'tone-4': '#b5502b',
  'tone-5': '#5f7a2c',
  'tone-6': '#6b6f78',
  'tone-7': '#94815c',
}

export const DARK: Theme = {
  paper: '#131512',
  card: '#1b1e1a',
  ink: '#efece4',
  soft: '#b1aca0',
  line: '#363a33',
  track: '#2d312b',
  accent: '#63cdb6',
  'accent-soft': '#17382f',
  hurt: '#f2997a',
  'hurt-soft': '#43241a',
  odd: '#ecc069',
  'odd-soft': '#3c3016',
  'tone-0': '#4fbfa8',
  'tone-1': '#7fa8e8',
  'tone-2': '#e0ab58',
  'tone-3': '#c791cc',
  'tone-4': '#ea8f6c',
  'tone-5': '#a6c268',
  'tone-6': '#a3a8b2',
  'tone-7': '#c9b68f',
}

/** CSS custom properties of a theme. */
export function declare(theme: Theme): string {
  return Object.entries(theme)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')
}

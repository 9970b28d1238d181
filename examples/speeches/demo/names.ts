/** Identifiers of the text demo's ledger. */
export const LEDGER_NAME = 'Tallystick demo: speeches'
export const DATASET = 'speeches'
export const LICENCE = 'CC0-1.0'
export const MODEL = 'speech-writer'
export const INFRASTRUCTURE = 'gateway'
export const TEXT_MAP = 'speech-writer/texts-1'

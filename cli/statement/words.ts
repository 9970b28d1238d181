import type { LineKind } from '../../jobs/settlement/lines.ts'

/** Plain words for something that a statement names. */
interface Words {
  /** Fits behind an amount: `120 for your contributions`. */
  readonly short: string
  /** One sentence for whoever meets it for the first time. */
  readonly long: string
  /** Of a kind whose lines come from pools of fees: who such a pool is for, before the name of the asset. */
  readonly pool?: string
}

/** Kinds of settlement lines: everything that a statement says of a kind stands in its row. */
const LINES: Readonly<Record<LineKind, Words>> = {
  data: {
    short: 'your contributions',
    long: 'Part of each fee is for whoever contributed data. It is divided by how much each contribution helped the answers that were paid for.',
    pool: 'Contributors of',
  },
  text: {
    short: 'texts of yours that answers drew on',
    long: 'Part of each fee is for whoever contributed data. Where texts were contributed, those whose words and phrases an answer repeats share it: estimated from the text, no proof of cause.',
    pool: 'Texts behind',
  },
  model: {
    short: 'your model',
    long: 'Part of each fee is for the owners of the model that was used.',
    pool: 'Owners of',
  },
  retrieval: {
    short: 'contributions of yours that were retrieved',
    long: 'Part of each fee is for whoever contributed data. Where the answer was made from contributions that were looked up for it, these share it, by how well they fitted.',
    pool: 'Retrieved for',
  },
  royalty: {
    short: 'what others derived from',
    long: 'A model that was made from yours passes a part of its fees on to you, as was agreed when it was registered.',
    pool: 'Royalties to',
  },
  agent: {
    short: 'your agent',
    long: 'Part of each fee is for the owners of the agent that did the work.',
    pool: 'Owners of',
  },
  outcome: {
    short: 'how well your agent did',
    long: 'Part of each fee waits until whoever paid has rated the work, and is divided by the ratings.',
    pool: 'Agents, by how they are rated',
  },
  infrastructure: {
    short: 'your infrastructure',
    long: 'Part of each fee is for the owners of the machines.',
    pool: 'Machines of',
  },
  treasury: {
    short: 'treasury',
    long: 'Part of each fee is for the treasury that the policy names.',
    pool: 'Treasury of',
  },
  sale: { short: 'a share that you sold', long: 'The price of a share of an asset that you sold.' },
  licence: {
    short: 'licences that were bought of what you own',
    long: 'The price of licences of an asset, by your share of it.',
  },
  adjustment: {
    short: 'an earlier epoch that was computed again',
    long: 'An earlier epoch was computed again, and by the new result you had been paid too little, or had paid too much of a fee.',
  },
  refund: {
    short: 'a fee that was given back',
    long: 'A fee of yours was corrected, and what was too much is paid back.',
  },
  released: {
    short: 'a dispute that ended',
    long: 'What was kept while a line of yours was disputed, and was yours after all.',
  },
  award: { short: 'a dispute that you won', long: 'What a dispute found to be yours.' },
  bond: { short: 'a bond', long: 'The bond of a dispute of your line, which is yours since the dispute was rejected.' },
}

/** How something was used. */
const ROLES: Readonly<Record<string, Words>> = {
  model: { short: 'your model answered', long: 'Paid uses that the model answered.' },
  agent: { short: 'your agent did the work', long: 'Paid uses in which the agent did the work.' },
  infrastructure: { short: 'your machines ran it', long: 'Paid uses that ran on the machines.' },
  derived: { short: 'a model made from it answered', long: 'Paid uses of models that were made from it.' },
  dataset: {
    short: 'contributions to it were measured on them',
    long: 'Paid uses for which it was computed how much each contribution to the dataset helped, whoever gave it.',
  },
  retrieved: {
    short: 'contributions of yours were looked up for them',
    long: 'Paid uses for whose answers contributions of the account were retrieved.',
  },
  data: {
    short: 'your contributions were measured on them',
    long: 'Paid uses for which it was computed how much each contribution helped.',
  },
}

/** Why something is held. */
const BUCKETS: Readonly<Record<string, Words>> = {
  small: {
    short: 'yours, and too little to be paid so far',
    long: 'It is paid with the first epoch that reaches the minimum payout.',
  },
  reserve: {
    short: 'held back for corrections',
    long: 'A small part of what contributors earned waits for some epochs. Then it returns to the pool of all contributors of the model, not to you alone.',
  },
  period: {
    short: "the contributors' pool that is still open",
    long: 'A pool is divided when enough uses have come to tell help from chance; some of it may be left for the next time.',
  },
  waiting: {
    short: 'waits to learn what the model saw',
    long: 'To divide a fee it has to be known what the model saw. When that comes, the sum joins the pool.',
  },
  outcome: {
    short: 'waits for ratings',
    long: 'Whoever paid for work of agents has some epochs to rate it. The sum is for all agents that worked for this payer.',
  },
  outside: {
    short: 'waits for a licence',
    long: 'Uses that no licence covers. A licence that covers them releases the fees, which are then divided; without one they are given back.',
  },
  disputed: { short: 'kept while a dispute is open', long: 'It is released or awarded when the dispute ends.' },
}

/** What is taken before anything is paid. */
const DEDUCTIONS: Readonly<Record<string, Words>> = {
  netted: {
    short: 'kept for what you were paid too much before',
    long: 'An earlier epoch was computed again, and by the new result you had been paid too much: that much is kept of what you earn now.',
  },
  disputed: { short: 'kept while a line is disputed', long: 'It is released or awarded when the dispute ends.' },
}

/** Rows of what was paid that are neither lines nor deductions. */
const CARRIED: Readonly<Record<string, Words>> = {
  'carried-in': {
    short: 'carried from earlier epochs',
    long: 'What you earned before, and was too little to be paid then.',
  },
  'carried-on': {
    short: 'carried to the next epoch',
    long: 'It is less than the minimum payout of the policy, stays yours, and is paid with the first epoch that reaches it.',
  },
}

/** Why a balance grew or fell. */
const MOVEMENTS: Readonly<Record<string, Words>> = {
  deposit: { short: 'deposited', long: 'What came in on chain for you.' },
  fee: { short: 'fees of uses', long: 'Taken for uses that you signed for.' },
  outside: {
    short: 'fees held, since no licence covered the uses',
    long: 'Taken, and held until a licence covers the uses or it is too late for one.',
  },
  released: {
    short: 'held fees that a later licence released',
    long: 'A licence reached back to the uses: what was held for them is a fee like any other from then on.',
  },
  unlicensed: {
    short: 'held fees given back, since no licence came in time',
    long: 'No licence covered the uses in time: the fees are on your balance again.',
  },
  corrected: {
    short: 'held fees given back, since the uses were corrected',
    long: 'Who reported the uses took some of it back: what was too much is on your balance again.',
  },
  'share-bought': { short: 'shares that you bought', long: 'The price of a share of an asset.' },
  'licence-bought': { short: 'licences that you bought', long: 'The price of a licence of an asset.' },
  'bond-put-up': {
    short: 'bonds put up for disputes',
    long: 'Held until the dispute ends; it goes to the account of the line when the dispute is rejected.',
  },
  'bond-returned': { short: 'bonds that came back', long: 'The dispute was upheld, or nobody decided it.' },
}

/** Why something earned nothing, or nothing of it was paid. */
const NOTHING: Readonly<Record<string, Words>> = {
  'no-features': {
    short: 'no features of your contributions were published',
    long: 'What a contribution did is measured by features that the extractor of the model publishes. Without them it cannot earn; ask whoever runs the model.',
  },
  withdrawn: {
    short: 'all that could have counted is withdrawn',
    long: 'What you withdrew earns nothing from then on.',
  },
  erased: {
    short: 'all that could have counted is erased',
    long: 'What is erased earns nothing from the order on; what was paid before stays yours.',
  },
  unused: { short: 'nobody used it', long: 'No use of it, or of anything that was made from it, was paid for.' },
  'no-use-features': {
    short: 'it is not known yet what the model saw in its uses',
    long: 'The uses are paid for and wait for their features. When these come, the sum is divided; the policy says for how long it waits.',
  },
  'too-few-uses': {
    short: 'too few uses so far',
    long: 'A pool is divided when enough uses have come to tell help from chance. Until then it is held.',
  },
  expired: {
    short: 'too few uses came in time',
    long: 'The pool was open for as long as the policy allows, and too few uses came: it went to nobody.',
  },
  'not-then': {
    short: 'your contributions came after what was paid for',
    long: 'The pool that was divided was about uses and contributions of before.',
  },
  copies: {
    short: 'all your contributions are copies of what was there before',
    long: 'Of equal or nearly equal contributions the first one earns.',
  },
  'did-not-help': {
    short: 'your contributions did not help',
    long: 'Added up over all answers that were paid for, they pulled away from the right answer as much as towards it, or more.',
  },
  'too-little': {
    short: 'less than one unit',
    long: 'Your share of the pool is below the smallest unit of the token.',
  },
  unpaid: {
    short: 'its uses were not paid for',
    long: 'Who used it had not signed for the fees, or not deposited them, or the uses were taken back.',
  },
  outside: {
    short: 'its uses were outside its licences',
    long: 'Their fees are held until a licence covers them, or went back to their payers.',
  },
  'nothing-derived': {
    short: 'nothing was made from it',
    long: 'The owner of a dataset earns royalties of models that are registered as made from it, and by selling licences. What is paid for data goes to its contributors.',
  },
  'no-part': {
    short: 'the policy gives its owners nothing of these uses',
    long: 'What a fee is divided into is the policy’s word: tally policy show.',
  },
  'below-minimum': {
    short: 'below the minimum payout',
    long: 'It is kept for you, and paid with the first epoch that reaches the minimum.',
  },
  netted: {
    short: 'kept for what you were paid too much before',
    long: 'An earlier epoch was computed again, and you had been paid too much.',
  },
  disputed: {
    short: 'kept while a line of yours is disputed',
    long: 'It is released or awarded when the dispute ends.',
  },
}

const UNKNOWN = 'This version of the program has no words for it; docs/formats.md may.'

function wordsIn(words: Readonly<Record<string, Words>>, name: string): Words {
  return Object.hasOwn(words, name) ? words[name]! : { short: name, long: UNKNOWN }
}

/** A kind without words is shown by its name: none is hidden. */
export const lineWords = (kind: string): Words => wordsIn(LINES, kind)
export const roleWords = (role: string): Words => wordsIn(ROLES, role)
export const bucketWords = (bucket: string): Words => wordsIn(BUCKETS, bucket)
export const deductionWords = (deduction: string): Words => wordsIn(DEDUCTIONS, deduction)

/** Of a row of what was paid: a line, a deduction, or what was carried. */
export function rowWords(kind: string): Words {
  const words = [LINES, DEDUCTIONS, CARRIED].find((each) => Object.hasOwn(each, kind)) ?? {}
  return wordsIn(words, kind)
}
export const isLineKind = (kind: string): boolean => Object.hasOwn(LINES, kind)
export const movementWords = (kind: string): Words => wordsIn(MOVEMENTS, kind)
export const nothingWords = (reason: string): Words => wordsIn(NOTHING, reason)

/** Who a pool is for: `Owners of reader`. */
export function poolName(kind: string, asset: string): string {
  const name = lineWords(kind).pool ?? kind
  return asset === '' ? name : `${name} ${asset}`
}

/** What earned nothing, or of what nothing was paid. */
export function nothingOf(of: string, asset: string | null): string {
  if (of === 'payout') return 'Earned and not paid'
  if (of === 'contributions') return asset === null ? 'Your contributions' : `Your contributions, under ${asset}`
  return asset ?? of
}

/** What a reason counts. */
export function countedAs(of: string, reason: string): 'uses' | 'contributions' {
  return of === 'asset' || USES_COUNTED.has(reason) ? 'uses' : 'contributions'
}

const USES_COUNTED: ReadonlySet<string> = new Set(['no-use-features', 'too-few-uses', 'expired', 'not-then'])

/** What became of the records of what was ordered to be erased. */
export function erasedRecordsText(records: number): string {
  return records === 0
    ? 'the records of their features are removed when the operator runs tally erase'
    : `${records} records of their features are gone; what they were hashed to stays`
}

const INDEXES_SHOWN = 12

/** The first of many numbers. */
export function listed(indexes: readonly number[]): string {
  const more = indexes.length - INDEXES_SHOWN
  return `${indexes.slice(0, INDEXES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export const ATOMS =
  "All amounts are whole numbers of a token's smallest unit: the ledger does not know how many decimals a token shows."
export const INFLUENCE =
  'How much a contribution moved the answers that were paid for, a whole number without a unit: why its contributor is paid, and not how much. What is paid stands in the lines.'
export const INTERVAL =
  'How sure: trained a little differently, or asked other questions, the same data would come to a share within the interval nine times of ten. Shares whose intervals overlap may well be the same. What is paid is exact; what it stands for is measured.'

/** Plain words for something that a statement names. */
interface Words {
  /** Fits behind an amount: `120 for your contributions`. */
  readonly short: string
  /** One sentence for whoever meets it for the first time. */
  readonly long: string
}

/** Kinds of settlement lines. */
const LINES: Readonly<Record<string, Words>> = {
  data: {
    short: 'your contributions',
    long: 'Part of each fee is for whoever contributed data. It is divided by how much each contribution helped the answers that were paid for.',
  },
  retrieval: {
    short: 'contributions of yours that were retrieved',
    long: 'Part of each fee is for whoever contributed data. Where the answer was made from contributions that were looked up for it, these share it, by how well they fitted.',
  },
  model: { short: 'your model', long: 'Part of each fee is for the owners of the model that was used.' },
  royalty: {
    short: 'what others derived from',
    long: 'A model that was made from yours passes a part of its fees on to you, as was agreed when it was registered.',
  },
  agent: { short: 'your agent', long: 'Part of each fee is for the owners of the agent that did the work.' },
  outcome: {
    short: 'how well your agent did',
    long: 'Part of each fee waits until whoever paid has rated the work, and is divided by the ratings.',
  },
  infrastructure: { short: 'your infrastructure', long: 'Part of each fee is for the owners of the machines.' },
  treasury: { short: 'treasury', long: 'Part of each fee is for the treasury that the policy names.' },
  sale: { short: 'a share that you sold', long: 'The price of a share of an asset that you sold.' },
  licence: {
    short: 'licences that were bought of what you own',
    long: 'The price of licences of an asset, by your share of it.',
  },
  adjustment: {
    short: 'an earlier epoch that was computed again',
    long: 'An earlier epoch was computed again, and by the new result you had been paid too little.',
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
  bond: { short: 'a bond', long: 'The bond of a dispute, which came to you when it ended.' },
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

const POOLS: Readonly<Record<string, string>> = {
  data: 'Contributors of',
  model: 'Owners of',
  royalty: 'Royalties to',
  agent: 'Owners of',
  outcome: 'Agents, by how they are rated',
  infrastructure: 'Machines of',
  treasury: 'Treasury of',
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

/** Who a pool is for: `Owners of reader`. */
export function poolName(kind: string, asset: string): string {
  const name = Object.hasOwn(POOLS, kind) ? POOLS[kind]! : kind
  return asset === '' ? name : `${name} ${asset}`
}

export const ATOMS =
  "All amounts are whole numbers of a token's smallest unit: the ledger does not know how many decimals a token shows."
export const INFLUENCE =
  'How much a contribution moved the answers that were paid for, a whole number without a unit: why its contributor is paid, and not how much. What is paid stands in the lines.'
export const INTERVAL =
  'How sure: trained a little differently, or asked other questions, the same data would come to a share within the interval nine times of ten. Shares whose intervals overlap may well be the same. What is paid is exact; what it stands for is measured.'

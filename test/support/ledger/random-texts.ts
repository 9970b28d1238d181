import type { NewRecord } from '../../../pipelines/record-source.ts'
import { toHex } from '../../../schemas/ids.ts'
import { folded, signatureOf } from '../../../schemas/text/shingles.ts'
import { tokenise, wordsOf } from '../../../schemas/text/tokenizer.ts'
import type { NaiveText } from '../../oracle/economy/texts.ts'
import { accountOf, type Name } from './cast.ts'
import type { Random } from './random-features.ts'
import type { Records } from './records.ts'

const AUTHORS: readonly Name[] = ['alice', 'bob', 'carol']
const WORDS = ['the', 'sea', 'is', 'wide', 'and', 'no', 'ship', 'sails', ',', '.', 'Sea', 'it’s']
const ITEMS = 3

interface Written {
  readonly author: Name
  readonly batchId: string
  readonly index: number
  readonly text: string
  isWithdrawn: boolean
  isErased: boolean
}

/** A growing heap of texts: new ones, copies, near copies of long ones, texts taken back, one that has to be erased; and outputs. */
export class RandomTexts {
  readonly #random: Random
  readonly #records: Records
  readonly written: Written[] = []
  /** By id of the use. */
  readonly outputs = new Map<string, string>()
  /** What happened at least once. */
  readonly seen = new Set<string>()
  #epoch = 0

  constructor(random: Random, records: Records) {
    this.#random = random
    this.#records = records
  }

  /** Records of one epoch. */
  async epoch(): Promise<NewRecord[]> {
    const epoch = ++this.#epoch
    const records: NewRecord[] = []
    for (const author of AUTHORS) {
      const batchId = `${author}-${epoch}`
      records.push(await this.#records.batch(author, batchId, ITEMS))
      for (let index = 0; index < ITEMS; index++) {
        const text = this.#text()
        this.written.push({ author, batchId, index, text, isWithdrawn: false, isErased: false })
        records.push(this.#records.itemText(batchId, index, text))
      }
    }
    if (epoch > 1) records.push(await this.#takeBack())
    if (epoch === 3) records.push(await this.#erase())
    for (let n = 0; n < 4; n++) {
      const id = `use-${epoch}-${n}`
      const text = n === 0 ? 'Nothing of this stands anywhere' : n === 1 ? '' : this.#output()
      this.outputs.set(id, text)
      records.push(this.#records.inference(id, 10n), this.#records.inferenceText(id, text))
    }
    return records
  }

  /** What the ledger knows, in the order of priority. */
  texts(): NaiveText[] {
    return this.written
      .filter(({ isErased }) => !isErased)
      .map(({ author, text, isWithdrawn }) => ({
        account: toHex(accountOf(author)),
        words: wordsOf(tokenise(text)),
        signature: [...signatureOf(folded(text))],
        isWithdrawn,
      }))
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random(items.length)]!
  }

  #text(): string {
    const drawn = this.#random(100)
    if (drawn < 15 && this.written.length > 0) {
      this.seen.add('copy')
      return this.#pick(this.written).text
    }
    const long = this.written.filter(({ text }) => text.length > 400)
    if (drawn < 30 && long.length > 0) {
      this.seen.add('near copy')
      return `${this.#pick(long).text} Wide!`
    }
    if (drawn < 40) return ''
    return this.#words(drawn < 70 ? 130 : 20)
  }

  #words(most: number): string {
    const length = most - this.#random(Math.floor(most / 2))
    return Array.from({ length }, () => this.#pick(WORDS)).join(' ')
  }

  #output(): string {
    const whole = this.#pick(this.written).text.split(' ')
    return `${whole.slice(3, 15).join(' ')} unheard ${this.#words(12)}`
  }

  #takeBack(): Promise<NewRecord> {
    const item = this.#pick(this.written.filter(({ isWithdrawn, text }) => !isWithdrawn && text !== ''))
    item.isWithdrawn = true
    this.seen.add('withdrawal')
    return this.#records.withdrawal(item.author, item.batchId, [item.index])
  }

  #erase(): Promise<NewRecord> {
    const item = this.#pick(this.written.filter(({ text, batchId }) => text !== '' && batchId.endsWith('-1')))
    item.isErased = true
    this.seen.add('erasure')
    return this.#records.erasure(item.batchId, [item.index])
  }
}

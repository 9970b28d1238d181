import type { EventBodies } from '../../schemas/events.ts'
import type { BodyArena } from './body-arena.ts'
import { KEY_WORDS, type KeyWriter } from './id-table.ts'
import { numberIn, type Texts } from './text-table.ts'
import type { UsualRecord } from './usual-record.ts'

const WORD_BYTES = 4
/** Words before the probabilities and the vector; a near pair has a key and an index. */
const FEATURES = {
  map: 0,
  of: 1,
  index: 5,
  multiplier: 6,
  label: 7,
  p16: 8,
  classes: 9,
  rank: 10,
  checkpoints: 11,
  fingerprint: 12,
  near: 20,
  words: 21,
}
const FINGERPRINT_WORDS = 8
const NEAR_WORDS = KEY_WORDS + 1
const P_BYTES = 2

/** What is taken over of features, whichever kind they are. */
interface FeatureNumbers {
  readonly map: number
  readonly index: number
  readonly multiplier: number
  readonly label: number
  readonly p16: number
  readonly p: ArrayLike<number>
  readonly classes: number
  readonly checkpoints: number
  readonly vector: Uint8Array
  readonly near: number
}

/** What is kept of ContributionFeatures and InferenceFeatures until they are decided. */
export class FeaturesBody {
  readonly #arena: BodyArena

  constructor(arena: BodyArena) {
    this.#arena = arena
  }

  /** Without an object or a view for each: most records come here. */
  addUsual(usual: UsualRecord, { names }: Texts, keys: KeyWriter): number {
    const { classes, p, vector } = usual
    const isContribution = usual.type === 'ContributionFeatures'
    const place = this.#allocate(0, classes, vector.length)
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place)
    words[at + FEATURES.map] = numberIn(names, usual.name)
    keys.put(usual.ofSource, usual.ofId, words, at + FEATURES.of)
    words[at + FEATURES.index] = isContribution ? usual.index : 0
    words[at + FEATURES.multiplier] = usual.multiplier
    words[at + FEATURES.label] = usual.label
    words[at + FEATURES.p16] = isContribution ? 0 : usual.p16
    words[at + FEATURES.checkpoints] = usual.checkpoints
    const halves = this.#arena.halvesOf(place)
    const firstP = this.pAt(place)
    for (let c = 0; c < classes; c++) halves[firstP + c] = p[c]!
    const slab = this.#arena.slabOf(place)
    const firstDigit = this.vectorAt(place) - vector.start
    for (let i = vector.start; i < vector.end; i++) slab[firstDigit + i] = vector.bytes[i]!
    if (isContribution) this.#setFingerprint(place, usual.fingerprint.bytes, usual.fingerprint.start)
    return place
  }

  addContribution(body: EventBodies['ContributionFeatures'], { names }: Texts, keys: KeyWriter): number {
    const place = this.#add({
      ...{ map: names.numberOf(body.featureMap), index: body.index, multiplier: body.ua, label: body.label, p16: 0 },
      ...{ p: body.p, classes: body.p.length, checkpoints: body.checkpoints.length, vector: body.a },
      near: body.near.length,
    })
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place)
    keys.putTexts(body.batchSource, body.batchId, words, at + FEATURES.of)
    this.#setFingerprint(place, body.fingerprint, 0)
    for (const [i, other] of body.near.entries()) {
      const nearAt = at + FEATURES.words + i * NEAR_WORDS
      keys.putTexts(other.batchSource, other.batchId, words, nearAt)
      words[nearAt + KEY_WORDS] = other.index
    }
    return place
  }

  addInference(body: EventBodies['InferenceFeatures'], { names }: Texts, keys: KeyWriter): number {
    const place = this.#add({
      ...{ map: names.numberOf(body.featureMap), index: 0, multiplier: body.ub, label: body.label, p16: body.p16 },
      ...{ p: body.p, classes: body.p.length, checkpoints: body.checkpoints.length, vector: body.b, near: 0 },
    })
    const at = this.#arena.wordIn(place) + FEATURES.of
    keys.putTexts(body.inferenceSource, body.inferenceId, this.#arena.wordsOf(place), at)
    return place
  }

  /** Number of the feature map's name. */
  map(place: number): number {
    return this.#word(place, FEATURES.map)
  }

  /** Where the key of the batch or the inference stands. */
  of(place: number): { readonly words: Uint32Array; readonly at: number } {
    return { words: this.#arena.wordsOf(place), at: this.#arena.wordIn(place) + FEATURES.of }
  }

  index(place: number): number {
    return this.#word(place, FEATURES.index)
  }

  multiplier(place: number): number {
    return this.#word(place, FEATURES.multiplier)
  }

  label(place: number): number {
    return this.#word(place, FEATURES.label)
  }

  p16(place: number): number {
    return this.#word(place, FEATURES.p16)
  }

  classes(place: number): number {
    return this.#word(place, FEATURES.classes)
  }

  rank(place: number): number {
    return this.#word(place, FEATURES.rank)
  }

  checkpoints(place: number): number {
    return this.#word(place, FEATURES.checkpoints)
  }

  /** 32 bytes. */
  fingerprint(place: number): Buffer {
    const at = this.#arena.byteIn(place) + FEATURES.fingerprint * WORD_BYTES
    return this.#arena.slabOf(place).subarray(at, at + FINGERPRINT_WORDS * WORD_BYTES)
  }

  nearCount(place: number): number {
    return this.#word(place, FEATURES.near)
  }

  /** Where the key of the n-th near contribution's batch stands, and its index. */
  near(place: number, n: number): { readonly words: Uint32Array; readonly at: number; readonly index: number } {
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place) + FEATURES.words + n * NEAR_WORDS
    return { words, at, index: words[at + KEY_WORDS]! }
  }

  /** Where the probabilities stand in {@link halves}. */
  pAt(place: number): number {
    const near = this.nearCount(place) * NEAR_WORDS
    return (this.#arena.wordIn(place) + FEATURES.words + near) * (WORD_BYTES / P_BYTES)
  }

  halves(place: number): Uint16Array {
    return this.#arena.halvesOf(place)
  }

  /** Where the vector stands in {@link digits}. */
  vectorAt(place: number): number {
    return (this.pAt(place) + this.classes(place)) * P_BYTES
  }

  digits(place: number): Int8Array {
    return this.#arena.signedOf(place)
  }

  #allocate(near: number, classes: number, rank: number): number {
    const place = this.#arena.allocate((FEATURES.words + near * NEAR_WORDS) * WORD_BYTES + classes * P_BYTES + rank)
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place)
    words[at + FEATURES.classes] = classes
    words[at + FEATURES.rank] = rank
    words[at + FEATURES.near] = near
    return place
  }

  #add({ map, index, multiplier, label, p16, p, classes, checkpoints, vector, near }: FeatureNumbers): number {
    const place = this.#allocate(near, classes, vector.length)
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place)
    words[at + FEATURES.map] = map
    words[at + FEATURES.index] = index
    words[at + FEATURES.multiplier] = multiplier
    words[at + FEATURES.label] = label
    words[at + FEATURES.p16] = p16
    words[at + FEATURES.checkpoints] = checkpoints
    const halves = this.#arena.halvesOf(place)
    const firstP = this.pAt(place)
    for (let c = 0; c < classes; c++) halves[firstP + c] = p[c]!
    this.#arena.slabOf(place).set(vector, this.vectorAt(place))
    return place
  }

  #setFingerprint(place: number, bytes: Uint8Array, start: number): void {
    const at = this.#arena.byteIn(place) + FEATURES.fingerprint * WORD_BYTES
    this.#arena.slabOf(place).set(bytes.subarray(start, start + FINGERPRINT_WORDS * WORD_BYTES), at)
  }

  #word(place: number, word: number): number {
    return this.#arena.wordsOf(place)[this.#arena.wordIn(place) + word]!
  }
}

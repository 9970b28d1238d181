import { createHash } from 'node:crypto'
import { cpSync } from 'node:fs'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { deployLocal, type LocalParts, mintTestTokens } from '../../../anchor/chain/deploy-local.ts'
import { deposit } from '../../../anchor/chain/deposit.ts'
import { type LocalChain, startLocalChain } from '../../../anchor/chain/local-chain.ts'
import { ledgerIdOf } from '../../../anchor/ledger-id.ts'
import { signEvent } from '../../../anchor/signatures/signer.ts'
import { dataDirectory } from '../../../cli/data-directory.ts'
import { foundLedger } from '../../../cli/found-ledger.ts'
import { Session } from '../../../cli/session.ts'
import { contribute } from '../../../client/src/contribute.ts'
import { recordInference } from '../../../client/src/record-inference.ts'
import { voucher } from '../../../client/src/voucher.ts'
import { recordDeposits } from '../../../jobs/anchoring/record-deposits.ts'
import { readGenesis } from '../../../jobs/ledger.ts'
import { encodeEvent, type OutgoingRecord } from '../../../schemas/encode-record.ts'
import { type Address, fromHex, toAddress } from '../../../schemas/ids.ts'

const RANK = 3
const INTERVAL_S = 3_600
const START_MS = BigInt(Date.UTC(2026, 0, 1))
const TIME = '2026-01-01T00:00:00Z'
const DEPOSIT_ATOMS = 50_000n
const ITEMS = 4
const USES = 5
const [OPERATOR, APP, EXTRACTOR, WATCHER] = ['urn:operator', 'urn:app', 'urn:extractor', 'urn:watcher'] as const

const key = (n: number) => privateKeyToAccount(`0x${n.toString(16).padStart(64, '0')}`)
export const operator = key(1)
const contributors = [key(2), key(3)]
const owner = key(4)
const treasury = key(5)
const payer = key(6)
const sha256 = (text: string) => createHash('sha256').update(text).digest()
const addressOf = ({ address }: PrivateKeyAccount) => toAddress(address)

export interface SmallLedger {
  /** The data folder; its `chain.state.json` is the chain up to here. */
  readonly data: string
  readonly distributor: Address
  readonly token: Address
  readonly contributor: Address
}

/** Lets the clock stand still but for a millisecond a reading. */
class FixedClock {
  #nowMs = START_MS

  readonly tick = (): bigint => {
    this.#nowMs += 1n
    return this.#nowMs
  }

  moveTo(epoch: number): void {
    this.#nowMs = START_MS + BigInt((epoch - 1) * INTERVAL_S * 1_000)
  }
}

/**
 * Founds a ledger on an embedded chain and fills its log, through the code that the CLI runs: two contributors with four
 * items each (rank 3, 2 classes), five paid uses an epoch, a deposit that covers them. Nothing is cut yet. The intervals of
 * its epochs are long past, so that `tally run` closes all of them. Always the same bytes.
 *
 * @param parts who guards and attests; default: nobody attests
 */
export async function prepareLedger(data: string, epochs = 1, parts: Partial<LocalParts> = {}): Promise<SmallLedger> {
  const clock = new FixedClock()
  const session = new Session({
    config: { data, partitions: 2, kafkaGroup: 'tallystick' },
    verb: 'test',
    clock: clock.tick,
    chainGenesisTime_s: Number(START_MS / 1_000n),
  })
  try {
    const chain = await session.chain()
    const store = await session.transactions()
    const deployer = { connection: chain.connection, store, account: chain.deployer! }
    const deployed = await deployLocal(deployer, { proposer: chain.proposer.address, ...parts })
    const { chainId } = chain.connection.entry
    const distributor = toAddress(deployed.distributor)
    const token = toAddress(deployed.token)
    const deployment = { chainId, distributor, token, fromBlock: deployed.fromBlock.toString() }
    foundLedger(session, { name: 'small', operator: addressOf(operator), deployment })
    const { sink } = await session.log()

    const ledgerId = ledgerIdOf(readGenesis(session.directory.genesis))
    await sink.append(await registrations(ledgerId))
    const promise = { ledgerId, signer: payer, source: APP, model: 'reader', token, amount: DEPOSIT_ATOMS }
    await sink.append([(await voucher({ ...promise, id: 'voucher-1', now: new Date(TIME) })).record])
    const to = deployer.account.address
    await mintTestTokens(deployer, { intent: 'mint', token, to, amount_atoms: DEPOSIT_ATOMS })
    const order = { intent: 'deposit', token, amount_atoms: DEPOSIT_ATOMS, payer: payer.address }
    await deposit({ ...deployer, distributor }, order)
    const at = await session.distributor()
    await recordDeposits({
      ledger: await session.ledger(),
      chain: at,
      sink,
      source: WATCHER,
      fromBlock: 0n,
      time: TIME,
    })
    for (let epoch = 1; epoch <= epochs; epoch++) {
      clock.moveTo(epoch)
      await sink.append(uses(epoch, token))
    }
    return { data, distributor, token, contributor: addressOf(contributors[0]!) }
  } finally {
    await session.close()
  }
}

/** Appends records in the interval of an epoch, behind what is there. */
export async function appendTo({ data }: SmallLedger, epoch: number, records: OutgoingRecord[]): Promise<void> {
  if (records.length === 0) return
  const clock = new FixedClock()
  clock.moveTo(epoch + 0.5)
  const session = new Session({
    config: { data, partitions: 2, kafkaGroup: 'tallystick' },
    verb: 'test',
    clock: clock.tick,
  })
  try {
    await (await session.log()).sink.append(records)
  } finally {
    await session.close()
  }
}

/** A copy of a ledger with its folder. */
export function copyOf(ledger: SmallLedger, data: string): SmallLedger {
  cpSync(ledger.data, data, { recursive: true })
  return { ...ledger, data }
}

/** The chain of a ledger, outside of its data folder: what RPC_URL names. */
export function externalChain(ledger: SmallLedger): Promise<LocalChain> {
  return startLocalChain({ genesisTime_s: 1, stateFile: dataDirectory(ledger.data).chainState })
}

async function registrations(ledgerId: Uint8Array): Promise<OutgoingRecord[]> {
  const signed = async (signer: PrivateKeyAccount, event: object) =>
    encodeEvent((await signEvent(ledgerId, signer, { source: OPERATOR, ...event } as never)) as never, TIME)
  const source = (name: string, eventTypes: string[]) =>
    signed(operator, {
      type: 'SourceRegistered',
      id: `source/${name}`,
      body: { source: name, key: fromHex(operator.address), eventTypes },
    })
  const account = fromHex(owner.address)
  const asset = (name: string, kind: string) =>
    signed(owner, {
      type: 'AssetRegistered',
      id: `asset/${name}`,
      body: {
        asset: name,
        kind,
        title: name,
        licence: 'CC0-1.0',
        identity: '',
        access: 'open',
        owners: [{ account, parts: 1_000_000 }],
        parents: [],
        registrant: account,
      },
    })
  const records = [
    await source(OPERATOR, ['AssetRegistered', 'FeatureMapPublished']),
    await source(APP, ['ContributionBatch', 'VoucherPresented', 'InferenceRecorded']),
    await source(EXTRACTOR, ['ContributionFeatures', 'InferenceFeatures']),
    await source(WATCHER, ['Deposited']),
    await asset('digits', 'dataset'),
    await asset('reader', 'model'),
    await asset('metal', 'infrastructure'),
    await signed(operator, { type: 'PolicyPublished', id: 'policy', body: policy() }),
    await signed(owner, { type: 'FeatureMapPublished', id: 'map', body: featureMap(account) }),
  ]
  for (const [index, contributor] of contributors.entries())
    records.push(...(await contributionsOf(contributor, index, ledgerId)))
  return records
}

function policy() {
  return {
    policy: 'policy-1',
    epochIntervalS: INTERVAL_S,
    dataParts: 500_000,
    modelParts: 300_000,
    upstreamParts: 0,
    agentParts: 0,
    outcomeParts: 0,
    infrastructureParts: 150_000,
    treasuryParts: 50_000,
    treasury: fromHex(treasury.address),
    method: 'influence/factored@2',
    minEvents: 1,
    maxPeriodEpochs: 3,
    featureWaitEpochs: 0,
    outcomeWaitEpochs: 0,
    outsideWaitEpochs: 0,
    ...{ dataChannels: [], retrievalParts: 0, retrievalRule: 'score' },
    holdBackParts: 0,
    holdBackEpochs: 0,
    minimumPayouts: [],
    disputeWindowEpochs: 0,
    disputeWaitEpochs: 0,
    disputeBonds: [],
  }
}

function featureMap(registrant: Uint8Array) {
  return {
    featureMap: 'map-1',
    model: 'reader',
    kind: 'factored',
    rank: RANK,
    classes: 2,
    checkpoints: 0,
    unitExponent: 10,
    extractor: EXTRACTOR,
    codeHash: sha256('code'),
    weightsHash: sha256('weights'),
    basisHash: sha256('basis'),
    trainingSetHash: sha256('training'),
    fingerprintSalt: sha256('salt').subarray(0, 16),
    similarity: 'none',
    registrant,
  }
}

async function contributionsOf(
  contributor: PrivateKeyAccount,
  index: number,
  ledgerId: Uint8Array,
): Promise<OutgoingRecord[]> {
  let salts = 0
  const { id, record } = await contribute({
    ledgerId,
    signer: contributor,
    source: APP,
    dataset: 'digits',
    licence: 'CC0-1.0',
    items: Array.from({ length: ITEMS }, (_, item) => ({
      payload: sha256(`${index}/${item}`),
      label: String(item % 2),
    })),
    id: `batch-${index}`,
    now: new Date(TIME),
    randomSalt: () => sha256(`salt ${index}/${salts++}`).subarray(0, 16),
  })
  const features = Array.from({ length: ITEMS }, (_, item) => {
    const { vector, multiplier, ...shape } = featuresOf(index * ITEMS + item, item % 2)
    return encodeEvent(
      {
        type: 'ContributionFeatures',
        source: EXTRACTOR,
        id: `features/${id}/${item}`,
        body: {
          featureMap: 'map-1',
          batchSource: APP,
          batchId: id,
          index: item,
          a: vector,
          ua: multiplier,
          ...shape,
          fingerprint: sha256(`fingerprint ${index}/${item}`),
          near: [],
        },
      },
      TIME,
    )
  })
  return [record, ...features]
}

function uses(epoch: number, token: Address): OutgoingRecord[] {
  return Array.from({ length: USES }, (_, n) => {
    const bytes = Buffer.from(`${epoch}/${n}`)
    const { id, record } = recordInference({
      source: APP,
      model: 'reader',
      infrastructure: 'metal',
      payer: payer.address,
      token,
      fee: 1_000n + BigInt(n),
      voucher: 1n,
      input: bytes,
      output: bytes,
      id: `use-${epoch}-${n}`,
      now: new Date(TIME),
      salt: sha256(`use ${epoch}/${n}`).subarray(0, 16),
    })
    const { vector, multiplier, ...shape } = featuresOf(100 * epoch + n, n % 2)
    const features = encodeEvent(
      {
        type: 'InferenceFeatures',
        source: EXTRACTOR,
        id: `features/${id}`,
        body: {
          featureMap: 'map-1',
          inferenceSource: APP,
          inferenceId: id,
          b: vector,
          ub: multiplier,
          ...shape,
          labelKind: 'true',
          p16: 40_000 + n,
        },
      },
      TIME,
    )
    return [record, features]
  }).flat()
}

/** The n-th features of a fixed sequence: items of a class look alike. */
function featuresOf(n: number, label: number) {
  const right = 550 + ((n * 83) % 300)
  const vector = Int8Array.from(
    Array.from({ length: RANK }, (_, j) => ((j + label) % 3 === 0 ? 40 : -20) + ((n * 7 + j * 5) % 23) - 11),
  )
  return {
    vector: new Uint8Array(vector.buffer),
    multiplier: 9_000 + ((n * 4_111) % 20_000),
    p: label === 0 ? [right, 1_000 - right] : [1_000 - right, right],
    checkpoints: [],
    label,
  }
}

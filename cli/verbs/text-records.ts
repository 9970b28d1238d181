import type { Command } from 'commander'
import { contributionText, inferenceText, publishTextMap, type TextMap } from '../../client/src/texts.ts'
import { documentNames, readDocument, readOutputs } from '../../jobs/attribution/text/files/text-files.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { TOKENIZER } from '../../schemas/text/tokenizer.ts'
import { type GlobalFlags, runVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOfKeyFile } from '../key-file.ts'
import { printLine } from '../output.ts'

/** Records that are appended at once. */
const RECORDS_AT_ONCE = 64

interface MapFlags extends GlobalFlags {
  readonly source: string
  readonly keyFile: string
  readonly extractor: string
  readonly map?: string
}

interface ItemFlags extends GlobalFlags {
  readonly map: string
  readonly corpus: string
}

interface OutputFlags extends GlobalFlags {
  readonly map: string
  readonly uses: string
  readonly outputs: string
  readonly gateway: string
}

/** `text map|items|outputs`: texts for a ledger, from plain files. */
export function addTextRecords(text: Command): void {
  withGlobalFlags(text.command('map <model>').description('let a ledger see which texts outputs of a model come from'))
    .requiredOption('--source <name>', 'registered source that may send it')
    .requiredOption('--key-file <file>', 'file with the key of an owner of the model')
    .requiredOption('--extractor <name>', 'the one source that may send texts, from then on')
    .option('--map <id>', 'name of the text map (default: texts/ and the model)')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally text map speaker-1 --source urn:lab --key-file me.key --extractor urn:texts',
    )
    .action((model: string, flags: MapFlags) => runVerb('text map', flags, (context) => sendMap(context, model, flags)))
  withGlobalFlags(
    text
      .command('items <batch>')
      .description('what the items of a batch (SOURCE/ID) say: a file each, in order of names'),
  )
    .requiredOption('--map <id>', 'text map')
    .requiredOption('--corpus <dir>', 'folder of texts: the first one in order of names is item 0; UTF-8')
    .addHelpText('after', '\nExample:\n  $ tally text items urn:portal/batch-7 --map texts/speaker-1 --corpus batch-7')
    .action((batch: string, flags: ItemFlags) =>
      runVerb('text items', flags, (context) => sendItems(context, batch, flags)),
    )
  withGlobalFlags(text.command('outputs').description('what uses were answered with: an output a line, and their ids'))
    .requiredOption('--map <id>', 'text map')
    .requiredOption('--gateway <name>', 'source that reported the uses')
    .requiredOption('--uses <file>', 'ids of uses, one a line')
    .requiredOption('--outputs <file>', 'outputs, one a line, in the same order; UTF-8')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally text outputs --map texts/speaker-1 --gateway urn:gateway --uses ids.txt --outputs answers.txt',
    )
    .action((flags: OutputFlags) => runVerb('text outputs', flags, (context) => sendOutputs(context, flags)))
}

async function sendMap({ session, path, answer }: VerbContext, model: string, flags: MapFlags): Promise<undefined> {
  const signer = accountOfKeyFile(path(flags.keyFile))
  const { ledgerId } = await session.ledger()
  const { source, extractor, map: textMap = `texts/${model}` } = flags
  const now = new Date(Number(session.clock()))
  const { id, record } = await publishTextMap({ ledgerId, signer, source, textMap, model, extractor, now })
  const { sink } = await session.log()
  await sink.append([record])
  answer({ textMap, model, extractor, id, source, tokenizer: TOKENIZER }, () =>
    printLine(`The text map ${textMap} is in the log (${source} ${id}); it is decided with the next cut.`),
  )
  return undefined
}

async function sendItems(context: VerbContext, batch: string, { map: name, corpus }: ItemFlags): Promise<undefined> {
  const slash = batch.lastIndexOf('/')
  if (slash < 1) throw new ConfigError(['batch: it is named SOURCE/ID'])
  const named = { source: batch.slice(0, slash), id: batch.slice(slash + 1) }
  const { map, extractor } = await mapOf(context, name)
  const folder = context.path(corpus)
  const files = documentNames(folder)
  const now = new Date(Number(context.session.clock()))
  function* records(): Generator<OutgoingRecord> {
    for (const [index, file] of files.entries()) {
      const text = readDocument(folder, file)
      yield contributionText({ source: extractor, map, batch: named, index, text, now }).record
    }
  }
  await append(context, records())
  context.answer({ textMap: name, source: extractor, batch, items: files }, () =>
    printLine(`${files.length} texts of ${batch} are in the log; they are decided with the next cut.`),
  )
  return undefined
}

async function sendOutputs(context: VerbContext, flags: OutputFlags): Promise<undefined> {
  const { map, extractor } = await mapOf(context, flags.map)
  const ids = [...readOutputs(context.path(flags.uses))]
  const outputs = [...readOutputs(context.path(flags.outputs))]
  if (ids.length !== outputs.length)
    throw new ConfigError([`outputs: there are ${outputs.length} of them, and ${ids.length} ids of uses`])
  const now = new Date(Number(context.session.clock()))
  function* records(): Generator<OutgoingRecord> {
    for (const [at, text] of outputs.entries()) {
      const inference = { source: flags.gateway, id: ids[at]! }
      yield inferenceText({ source: extractor, map, inference, text, now }).record
    }
  }
  await append(context, records())
  context.answer({ textMap: flags.map, source: extractor, uses: ids }, () =>
    printLine(`${ids.length} outputs are in the log; they are decided with the next cut.`),
  )
  return undefined
}

/** A text that does not fit ends it: what was appended before is a duplicate when it is sent again. */
async function append({ session, progress, signal }: VerbContext, records: Iterable<OutgoingRecord>): Promise<void> {
  const { sink } = await session.log()
  let [page, sent]: [OutgoingRecord[], number] = [[], 0]
  for (const record of records) {
    page.push(record)
    if (page.length < RECORDS_AT_ONCE) continue
    signal.throwIfAborted()
    await sink.append(page)
    sent += page.length
    progress.show(`${sent} texts`)
    page = []
  }
  if (page.length > 0) await sink.append(page)
}

/** @throws ConfigError when it is not there, or its words end elsewhere than here */
async function mapOf(
  { session }: VerbContext,
  name: string,
): Promise<{ readonly map: TextMap; readonly extractor: string }> {
  const { warehouse } = await session.ledger()
  const row = await warehouse.one('SELECT * FROM text_map WHERE text_map = $name', { name })
  if (row === undefined)
    throw new ConfigError([`map: no text map ${name} was accepted (yet); tally text map publishes one`])
  const { tokenizer, unicode, extractor } = row
  if (tokenizer !== TOKENIZER.name || unicode !== TOKENIZER.unicode)
    throw new ConfigError([
      `map: ${name} is cut by ${tokenizer} with Unicode ${unicode}, and this Node.js has ${TOKENIZER.unicode}: use one that has the map's`,
    ])
  return { map: { textMap: name, salt: fromBlob(row.salt) }, extractor: extractor as string }
}
